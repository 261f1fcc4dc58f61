// What main and post share: the runner's files and commands, and finding the
// program. Node's standard library only, so that what is reviewed is what runs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, appendFileSync, chmodSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

// An error whose message is all a reader needs, without a stack.
export class Problem extends Error {}

export const input = name => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim()

// A value for post. The values are our own and have no line ends.
export function saveState(name, value) {
  appendFileSync(process.env.GITHUB_STATE, `${name}=${value}\n`)
}

export const savedState = name => process.env[`STATE_${name}`] ?? ''

// Prints a workflow command; level is error or warning.
export function say(level, message) {
  const data = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  console.log(`::${level} title=plimsoll::${data}`)
}

// The path of the program: the one given, else the release this checkout names
// by hash, else one built from this checkout.
export async function program() {
  const given = input('binary')
  if (given) return executable(resolve(given))
  const release = JSON.parse(readFileSync(join(root, 'action', 'release.json'), 'utf8'))
  const name = `${process.platform}-${process.arch}`
  return Object.hasOwn(release.sha256, name) ? released(release, name) : built()
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK)
  } catch (error) {
    throw new Problem(`input binary: ${path} cannot be run (${error.code}); give the path of an executable file`)
  }
  return path
}

// Only bytes with the hash written down in this checkout are run, also from
// the tool cache, which other jobs of the machine can write to.
async function released(release, name) {
  const sum = release.sha256[name]
  const path = join(process.env.RUNNER_TOOL_CACHE || tmpdir(), 'plimsoll', sum, 'plimsoll-action')
  if (hash(read(path)) === sum) return path
  const url = release.download.replaceAll('{name}', name)
  const response = await fetch(url).catch(error => { throw new Problem(`download ${url}: ${error.cause?.message ?? error.message}`) })
  if (!response.ok) throw new Problem(`download ${url}: HTTP ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (hash(bytes) !== sum) throw new Problem(`download ${url}: SHA-256 is ${hash(bytes)}, expected ${sum}; nothing was run`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, bytes)
  chmodSync(`${path}.${process.pid}`, 0o755)
  renameSync(`${path}.${process.pid}`, path) // whole or not at all
  return path
}

const hash = bytes => createHash('sha256').update(bytes).digest('hex')

function read(path) {
  try {
    return readFileSync(path)
  } catch {
    return ''
  }
}

// Go's own cache makes building the same checkout again a matter of a second.
function built() {
  const path = join(process.env.RUNNER_TEMP || tmpdir(), 'plimsoll', 'plimsoll-action')
  console.log('::group::Build plimsoll')
  const go = spawnSync('go', ['build', '-o', path, './cmd/action'], { cwd: root, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' } })
  console.log('::endgroup::')
  if (go.error?.code === 'ENOENT') {
    throw new Problem(`there is no released program for ${process.platform}-${process.arch} yet and no Go to build one: put actions/setup-go before this step, or give the input binary`)
  }
  if (go.error || go.status !== 0) throw new Problem(`go build ./cmd/action failed in ${root}: ${go.error?.message ?? `exit code ${go.status}`}`)
  return path
}
