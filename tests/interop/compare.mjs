// Reads every Parquet file below a folder with hyparquet and with `weir-segment inspect --json --all-rows`, and wants
// the same columns and values. usage: node compare.mjs FOLDER_WITH_node_modules PROGRAM ROOT
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, program, root] = process.argv.slice(2)
const require = createRequire(path.resolve(modules, 'package.json'))
const load = name => import(pathToFileURL(require.resolve(name)).href)
const { parquetMetadata, parquetReadObjects } = await load('hyparquet')
const { compressors } = await load('hyparquet-compressors')

function * files (folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name)
    if (entry.isDirectory()) yield * files(name)
    else if (name.endsWith('.parquet')) yield name
  }
}

/// What hyparquet gives, as inspect writes it: instants in microseconds, NaN and infinities as text.
function plain (value) {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.getTime() * 1000
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && Number.isNaN(value)) return 'nan'
  if (value === Infinity) return 'inf'
  if (value === -Infinity) return '-inf'
  return value
}

function same (ours, theirs, isInstant) {
  if (isInstant && ours !== null) return Math.floor(ours / 1000) * 1000 === theirs // Date holds milliseconds
  return Object.is(ours, theirs) || ours === theirs
}

let checked = 0
let values = 0
for (const file of files(root)) {
  const bytes = fs.readFileSync(file)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const metadata = parquetMetadata(buffer)
  const theirs = await parquetReadObjects({ file: buffer, compressors, metadata })
  const answer = execFileSync(program, ['inspect', file, '--json', '--all-rows', '--quiet'], { maxBuffer: 1 << 30 })
  const ours = JSON.parse(answer.toString())
  const fail = what => { console.log(`${file}: ${what}`); process.exit(1) }
  if (ours.rows !== theirs.length || Number(metadata.num_rows) !== ours.rows) fail('another number of rows')
  const leaves = metadata.schema.slice(1)
  if (leaves.length !== ours.columns.length) fail('another number of columns')
  leaves.forEach((leaf, k) => {
    if (leaf.name !== ours.columns[k].name) fail(`column ${k} is ${leaf.name}, not ${ours.columns[k].name}`)
    const isInstant = leaf.logical_type?.type === 'TIMESTAMP'
    theirs.forEach((row, at) => {
      const value = plain(row[leaf.name])
      if (!same(ours.data[at][k], value, isInstant)) fail(`row ${at}, ${leaf.name}: ${ours.data[at][k]} and ${value}`)
      values++
    })
  })
  checked++
}
if (checked === 0) { console.log('there was no file to compare'); process.exit(1) }
console.log(`${checked} files, ${values} values equal`)
