// Parquet between weir-segment and others: files of DuckDB and arrow-rs (parquet-wasm) in each encoding and codec are
// read by `weir-segment inspect` as they were written; files below FOLDER, which are ours, are read by DuckDB, arrow-rs
// and hyparquet as inspect shows them. usage: node parquet_peers.mjs FOLDER_WITH_node_modules PROGRAM FOLDER SCRATCH
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, program, root, scratch] = process.argv.slice(2)
const require = createRequire(path.resolve(modules, 'package.json'))
const load = name => import(pathToFileURL(require.resolve(name)).href)
const { DuckDBInstance } = require('@duckdb/node-api')
const arrow = require('apache-arrow')
const wasm = require('parquet-wasm/node')
const { parquetReadObjects } = await load('hyparquet')
const { compressors } = await load('hyparquet-compressors')
const duckdb = await (await DuckDBInstance.create(':memory:')).connect()
await duckdb.run("SET TimeZone = 'UTC'")

const rows = 3000
let values = 0

function fail (what) {
  console.log(what)
  process.exit(1)
}

/// What inspect shows of a file. Integers that a number cannot hold are kept as text.
function inspect (file) {
  const command = ['inspect', file, '--json', '--all-rows', '--quiet']
  const text = execFileSync(program, command, { maxBuffer: 1 << 30 }).toString()
  return JSON.parse(text.replace(/(?<=[[,:])-?\d{16,}(?=[,\]}])/g, '"$&"'))
}

/// One form for a value of any reader: instants are microseconds.
function plain (value) {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint' || /^-?\d{16,}$/.test(value)) {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (Number.isNaN(value)) return 'nan'
  if (value === Infinity || value === -Infinity) return value > 0 ? 'inf' : '-inf'
  if (typeof value === 'object') return value.toString()
  return value
}

function compare (what, names, ours, theirs) {
  if (ours.length !== theirs.length) fail(`${what}: ${ours.length} rows and ${theirs.length}`)
  ours.forEach((row, at) => row.forEach((value, k) => {
    const other = plain(theirs[at][k])
    if (!Object.is(plain(value), other)) fail(`${what}: row ${at}, ${names[k]}: ${value} and ${other}`)
    values++
  }))
}

const names = info => info.columns.map(c => c.name)
const kinds = info => [...new Set(info.columns.flatMap(c => c.encodings.split(',')))]

// --- DuckDB writes -----------------------------------------------------------------------------------------------

// Its types; what each is to us; every 7th row is null where the column says so.
const columns = {
  flag: ['i % 3 = 0', 'flag'],
  tiny: ['(i % 200 - 100)::TINYINT', 'tiny::BIGINT'],
  small: ['(i * 7 % 60000 - 30000)::SMALLINT', 'small::BIGINT'],
  whole: ['(i * 7919 % 100000)::INTEGER', 'whole::BIGINT'],
  big: ['CASE i % 5 WHEN 0 THEN -9223372036854775807 WHEN 1 THEN 9223372036854775807 ELSE i * i END::BIGINT', 'big'],
  utiny: ['(i % 256)::UTINYINT', 'utiny::BIGINT'],
  usmall: ['(i * 31 % 65536)::USMALLINT', 'usmall::BIGINT'],
  uwhole: ['(4294967295 - i)::UINTEGER', 'uwhole::BIGINT'],
  ubig: ['(18446744073709551615 - i)::UBIGINT', 'ubig::VARCHAR'],
  single: ['(i / 7.0)::FLOAT', 'single::DOUBLE'],
  real: ["CASE i % 11 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN -0.0 ELSE sin(i) END", 'real'],
  word: ["'word ' || (i % 9)", 'word'],
  line: ["'prefix of some length ' || i || repeat('µ', (i % 4)::INTEGER)", 'line'],
  day: ['DATE \'1970-01-01\' + (i % 40000 - 20000)::INTEGER', "date_diff('day', DATE '1970-01-01', day)"],
  clock: ["TIME '00:00:00' + to_microseconds(i * 12345678)", 'epoch_us(clock)'],
  instant: ["TIMESTAMP '2025-01-01' + to_microseconds(i * 1234567891)", 'epoch_us(instant)'],
  millis: ["(TIMESTAMP '1969-01-01' + to_milliseconds(i * 1234567))::TIMESTAMP_MS", 'epoch_us(millis::TIMESTAMP)'],
  nanos: ["make_timestamp_ns(i * 1234567890123)", 'epoch_ns(nanos)'],
  zoned: ["(TIMESTAMP '2025-01-01' + to_seconds(i))::TIMESTAMPTZ", 'epoch_us(zoned)'],
  cents: ['((i - 1500) / 7.0)::DECIMAL(9, 2)', 'cents::VARCHAR'],
  money: ['((i - 1500) * 1234567)::DECIMAL(18, 4)', 'money::VARCHAR'],
  huge: ["(i - 1500)::DECIMAL(38, 10) * 12345678", 'huge::VARCHAR'],
  id: ["md5(i::VARCHAR)::UUID", 'id::VARCHAR'],
  bytes: ["unhex('ff' || lpad(hex(i % 97), 4, '0'))", "'0x' || lower(hex(bytes))"],
  constant: ["'one'", 'constant'],
  nothing: ['NULL::INTEGER', 'nothing::BIGINT']
}
const select = Object.entries(columns).map(([name, [sql]]) =>
  `CASE WHEN i % 7 = ${name.length % 7} AND i < 2000 THEN NULL ELSE ${sql} END AS ${name}`).join(', ')
await duckdb.run(`CREATE TABLE t AS SELECT ${select} FROM range(${rows}) r(i)`)
const expected = (await duckdb.runAndReadAll(
  `SELECT ${Object.values(columns).map(c => c[1]).join(', ')} FROM t`)).getRows()
const seen = new Set()
for (const version of ['V1', 'V2']) {
  for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw']) {
    const file = path.join(scratch, `duckdb_${version}_${codec}.parquet`)
    const how = `FORMAT parquet, PARQUET_VERSION ${version}, COMPRESSION ${codec}, ROW_GROUP_SIZE 2048`
    await duckdb.run(`COPY t TO '${file}' (${how})`)
    const info = inspect(file)
    kinds(info).forEach(k => seen.add(k))
    compare(`DuckDB's ${version} ${codec}`, names(info), info.data, expected)
  }
}

function refused (sql, word) {
  const answer = spawnSync(program, ['inspect', sql, '--quiet'])
  if (answer.status !== 1 || !answer.stderr.toString().includes(word)) fail(`${sql}: not refused by the name ${word}`)
}
for (const [stem, sql, word] of [
  ['brotli', "COPY (SELECT i FROM range(9) r(i)) TO '$' (FORMAT parquet, COMPRESSION brotli)", 'BROTLI'],
  ['nested', "COPY (SELECT [i, 2] AS list FROM range(9) r(i)) TO '$' (FORMAT parquet)", 'list: nested'],
  ['struct', "COPY (SELECT {'a': i} AS pair FROM range(9) r(i)) TO '$' (FORMAT parquet)", 'pair: nested']]) {
  const file = path.join(scratch, `duckdb_${stem}.parquet`)
  await duckdb.run(sql.replace('$', file))
  refused(file, word)
}

// --- arrow-rs writes ---------------------------------------------------------------------------------------------

const { Compression, Encoding, WriterVersion } = wasm
const series = f => Array.from({ length: rows }, (_, i) => f(i))
const source = {
  flag: arrow.vectorFromArray(series(i => i % 7 === 3 ? null : i % 3 === 0), new arrow.Bool()),
  whole: arrow.vectorFromArray(series(i => i * 7919 % 100000 - 50000), new arrow.Int32()),
  big: arrow.vectorFromArray(series(i => i % 11 === 0 ? null : BigInt(i) * BigInt(i) * 1000n - 5n), new arrow.Int64()),
  single: arrow.vectorFromArray(series(i => Math.fround(i / 7)), new arrow.Float32()),
  real: arrow.vectorFromArray(series(i => i % 5 === 1 ? null : Math.sin(i)), new arrow.Float64()),
  word: arrow.vectorFromArray(
    series(i => i % 6 === 2 ? null : 'a prefix ' + (i - i % 10) + 'µ'.repeat(i % 4)), new arrow.Utf8()),
  fixed: arrow.vectorFromArray(series(i => Uint8Array.from([255, i & 255, i >> 8])), new arrow.FixedSizeBinary(3))
}
const table = new arrow.Table(source)
const hex = bytes => '0x' + Buffer.from(bytes).toString('hex')
const wanted = series(i => Object.values(source).map(v => v.get(i) instanceof Uint8Array ? hex(v.get(i)) : v.get(i)))
const encodings = {
  PLAIN: Object.keys(source),
  RLE: ['flag'],
  DELTA_BINARY_PACKED: ['whole', 'big'],
  DELTA_LENGTH_BYTE_ARRAY: ['word'],
  DELTA_BYTE_ARRAY: ['word', 'fixed'],
  BYTE_STREAM_SPLIT: ['whole', 'big', 'single', 'real', 'fixed'],
  RLE_DICTIONARY: []
}
for (const version of ['V1', 'V2']) {
  for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'LZ4_RAW']) {
    for (const [encoding, those] of Object.entries(encodings)) {
      let how = new wasm.WriterPropertiesBuilder()
        .setWriterVersion(WriterVersion[version]).setCompression(Compression[codec])
        .setDataPageSizeLimit(2000).setWriteBatchSize(100).setMaxRowGroupSize(1300)
        .setDictionaryEnabled(encoding === 'RLE_DICTIONARY')
      for (const name of those) how = how.setColumnEncoding(name, Encoding[encoding])
      const bytes = wasm.writeParquet(wasm.Table.fromIPCStream(arrow.tableToIPC(table, 'stream')), how.build())
      const file = path.join(scratch, `arrow_${version}_${codec}_${encoding}.parquet`)
      fs.writeFileSync(file, bytes)
      const info = inspect(file)
      for (const c of info.columns) {
        if (those.includes(c.name) && !c.encodings.includes(encoding)) fail(`${file}: ${c.name} is not ${encoding}`)
      }
      kinds(info).forEach(k => seen.add(k))
      compare(`arrow-rs's ${version} ${codec} ${encoding}`, names(info), info.data, wanted)
    }
  }
}
for (const kind of ['PLAIN', 'RLE', 'RLE_DICTIONARY', 'PLAIN_DICTIONARY', 'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'BYTE_STREAM_SPLIT']) {
  if (!seen.has(kind)) fail(`no peer wrote ${kind}`)
}
console.log(`${values} values of others read; encodings ${[...seen].sort().join(' ')}`)

// --- ours, read by others ----------------------------------------------------------------------------------------

function * files (folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name)
    if (entry.isDirectory()) yield * files(name)
    else if (name.endsWith('.parquet')) yield name
  }
}

async function byDuckdb (file, info) {
  const list = info.columns.map(c => c.logical.startsWith('TIMESTAMP') ? `epoch_us("${c.name}")` : `"${c.name}"`)
  const from = `read_parquet('${file}', hive_partitioning = false)`
  return (await duckdb.runAndReadAll(`SELECT ${list.join(', ')} FROM ${from}`)).getRows()
}

/// The number stored for a row, where get() makes milliseconds of it.
function stored (column, row) {
  let at = row
  for (const chunk of column.data) {
    if (at < chunk.length) return chunk.getValid(at) ? chunk.values[at] : null
    at -= chunk.length
  }
}

function byArrow (bytes, info) {
  const read = arrow.tableFromIPC(wasm.readParquet(bytes).intoIPCStream())
  return Array.from({ length: read.numRows }, (_, row) => info.columns.map((c, k) => {
    const column = read.getChildAt(k)
    return c.logical.startsWith('TIMESTAMP') ? stored(column, row) : column.get(row)
  }))
}

async function byHyparquet (bytes, info) {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const read = await parquetReadObjects({ file, compressors, parsers: { timestampFromMicroseconds: x => x } })
  return read.map(row => info.columns.map(c => row[c.name]))
}

values = 0
let count = 0
for (const file of files(root)) {
  const info = inspect(file)
  const bytes = fs.readFileSync(file)
  compare(`${file} by DuckDB`, names(info), info.data, await byDuckdb(file, info))
  compare(`${file} by arrow-rs`, names(info), info.data, byArrow(bytes, info))
  compare(`${file} by hyparquet`, names(info), info.data, await byHyparquet(bytes, info))
  count++
}
if (count === 0) fail('there was no file of ours')

// Row groups are left out by their statistics, and no row with them.
const groups = path.join(root, 'made', 'zstd_groups.parquet')
if (fs.existsSync(groups)) {
  const questions = [
    ["run_id = 'run-3'", 300], ['vg_v = 0', 1800], ['isnan(vg_v)', 300], ['v > 37', 21], ['gaps IS NULL', 700]]
  for (const [where, many] of questions) {
    const [[found]] = (await duckdb.runAndReadAll(`SELECT count(*) FROM '${groups}' WHERE ${where}`)).getRows()
    if (Number(found) !== many) fail(`DuckDB finds ${found} rows where ${where}, of ${many}`)
  }
}
console.log(`${count} files of ours read by three others, ${values} values equal`)
