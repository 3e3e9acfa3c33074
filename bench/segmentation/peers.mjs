// What others need for the first half of staging: each CSV below RAW to a Parquet file of its own below OUT (polars,
// duckdb), or all CSVs of a procedure by one statement to a file a date (duckdb_copy). They get less to do than weir:
// no journal, manifest, hash or reject record, no casts; constant columns but for run_id, proc and start only from
// duckdb_copy. The header is read here, in JavaScript. usage: node peers.mjs FOLDER_WITH_node_modules PEER RAW OUT
import fs from 'node:fs'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import path from 'node:path'

const [modules, peer, raw, out] = process.argv.slice(2)
const require = createRequire(path.resolve(modules, 'package.json'))
const threads = 2

function * walk (folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name)
    if (entry.isDirectory()) yield * walk(name)
    else if (name.endsWith('.csv')) yield name
  }
}

/// The procedure, start and number of lines before the column names; null where the file has no such header.
function headerOf (file) {
  const text = fs.readFileSync(file, 'latin1')
  const procedure = /^#Procedure: <(?:\w+\.)*(\w+)>/m.exec(text)
  const data = /^#Data:\r?\n/m.exec(text)
  if (!procedure || !data) return null
  const start = /^#\tStart time: ([0-9.]+)/m.exec(text)
  const skip = text.slice(0, data.index + data[0].length).split('\n').length - 1
  const columns = text.slice(data.index + data[0].length).split('\n', 1)[0].trim()
  if (!/^[A-Za-z].*,/.test(columns)) return null
  if (new Set(columns.split(',')).size !== columns.split(',').length) return null
  const id = createHash('sha1').update(file).digest('hex').slice(0, 16)
  const startS = start ? Number(start[1]) : fs.statSync(file).mtimeMs / 1000
  const date = new Date(startS * 1000).toISOString().slice(0, 10)
  return { file, id, procedure: procedure[1], skip, columns, startS, date }
}

function place (header) {
  const folder = path.join(out, `proc=${header.procedure}`, `date=${header.date}`, `run_id=${header.id}`)
  fs.mkdirSync(folder, { recursive: true })
  return path.join(folder, 'part-000.parquet')
}

const quoted = text => `'${text.replaceAll("'", "''")}'`

async function duckdb () {
  const { DuckDBInstance } = require('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:', { threads: `${threads}` })).connect()
  await connection.run("SET TimeZone = 'UTC'")
  return connection
}

let done = 0
let refused = 0
const from = performance.now()
if (peer === 'polars') {
  process.env.POLARS_MAX_THREADS = `${threads}`
  const polars = require('nodejs-polars')
  for (const file of walk(raw)) {
    const header = headerOf(file)
    try {
      if (!header) throw new Error('no header')
      polars.readCSV(file, { skipRows: header.skip }).writeParquet(place(header), { compression: 'zstd' })
      ++done
    } catch {
      ++refused
    }
  }
} else if (peer === 'duckdb') {
  const connection = await duckdb()
  for (const file of walk(raw)) {
    const header = headerOf(file)
    try {
      if (!header) throw new Error('no header')
      await connection.run(`COPY (SELECT *, ${quoted(header.id)} AS run_id, ${quoted(header.procedure)} AS proc, ` +
        `to_timestamp(${header.startS}) AS start_dt FROM read_csv(${quoted(file)}, skip = ${header.skip}, ` +
        `header = true, delim = ',')) TO ${quoted(place(header))} (FORMAT parquet, COMPRESSION zstd)`)
      ++done
    } catch {
      ++refused
    }
  }
} else if (peer === 'duckdb_copy') {
  const connection = await duckdb()
  const kinds = new Map()
  for (const file of walk(raw)) {
    const header = headerOf(file)
    if (!header) {
      ++refused
      continue
    }
    const kind = `${header.procedure}\t${header.skip}\t${header.columns}`
    if (!kinds.has(kind)) kinds.set(kind, [])
    kinds.get(kind).push(header)
  }
  let part = 0
  for (const headers of kinds.values()) {
    const lookup = headers.map(h => `(${quoted(h.file)}, ${quoted(h.id)}, to_timestamp(${h.startS}), ` +
      `${quoted(h.date)})`)
    await connection.run('CREATE OR REPLACE TEMP TABLE ' +
      'runs(filename VARCHAR, run_id VARCHAR, start_dt TIMESTAMPTZ, date VARCHAR)')
    await connection.run(`INSERT INTO runs VALUES ${lookup.join(',')}`)
    // Types are given, else one odd file spoils the sniffing of all.
    const types = headers[0].columns.split(',').map(name => `${quoted(name)}: 'DOUBLE'`).join(', ')
    const files = headers.map(h => quoted(h.file)).join(',')
    const folder = path.join(out, `proc=${headers[0].procedure}`)
    fs.mkdirSync(folder, { recursive: true })
    await connection.run('COPY (SELECT data.* EXCLUDE (filename), run_id, start_dt, runs.date ' +
      `FROM read_csv([${files}], skip = ${headers[0].skip}, header = true, delim = ',', filename = true, ` +
      `auto_detect = false, columns = {${types}}, ` +
      'strict_mode = false, ignore_errors = true, null_padding = true) AS data JOIN runs USING (filename)) ' +
      `TO ${quoted(folder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date), OVERWRITE_OR_IGNORE, ` +
      `FILENAME_PATTERN 'part-${part++}-{i}')`)
    done += headers.length
  }
} else {
  console.error(`peers.mjs: ${peer}: no such peer`)
  process.exit(2)
}
console.log(JSON.stringify({ peer, seconds: (performance.now() - from) / 1000, done, refused }))
