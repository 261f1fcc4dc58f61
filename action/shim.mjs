// What main and post share: the runner's files and commands, and finding the
// program. Node's standard library only, so that what is reviewed is what runs.
import { spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { accessSync, appendFileSync, constants, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
// by hash, else one built from this checkout. With a release comes its hash.
export function program() {
  const given = input('binary')
  if (given) return { path: executable(resolve(given)), sum: '' }
  if (process.platform !== 'linux') {
    throw new Problem(`plimsoll boots Linux containers on the runner itself, and this one is ${process.platform}: put the job on a Linux runner, such as ubuntu-24.04`)
  }
  const release = JSON.parse(readFileSync(join(root, 'action', 'release.json'), 'utf8'))
  const name = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}` // as Go calls it
  const sum = release.sha256[name] ?? ''
  return { path: sum ? released(release, name, sum) : built(name), sum }
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
// the tool cache, which other jobs of the machine can write to. Where that
// cannot be written, the program lives as long as the job.
function released(release, name, sum) {
  const places = [process.env.RUNNER_TOOL_CACHE, process.env.RUNNER_TEMP || tmpdir()].filter(Boolean)
    .map(dir => join(dir, 'plimsoll', sum, 'plimsoll-action'))
  const there = places.find(path => usable(path, sum))
  if (there) return there
  const bytes = downloaded(release.download.replaceAll('{name}', name), sum)
  const problems = []
  for (const path of places) {
    try {
      keep(bytes, path)
      return path
    } catch (error) {
      problems.push(error.message)
    }
  }
  throw new Problem(`keep the program that was downloaded: ${problems.join('; ')}`)
}

const hash = bytes => createHash('sha256').update(bytes).digest('hex')

export function usable(path, sum) {
  try {
    accessSync(path, constants.X_OK)
    return hash(readFileSync(path)) === sum
  } catch {
    return false
  }
}

// Whole or not at all: another job may do the same at the same time.
function keep(bytes, path) {
  const whole = `${path}.${randomUUID()}`
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(whole, bytes, { mode: 0o755 })
    accessSync(whole, constants.X_OK) // not so on a file system mounted noexec
    renameSync(whole, path)
  } finally {
    rmSync(whole, { force: true })
  }
}

// A process of its own, since node learns of proxies and of the system's
// certificates only when it starts.
function downloaded(url, sum) {
  console.log(`Download ${url}`)
  const env = { NODE_USE_ENV_PROXY: '1', NODE_USE_SYSTEM_CA: '1', ...process.env }
  const child = spawnSync(process.execPath, [join(root, 'action', 'download.mjs'), url], { env, maxBuffer: 2 ** 28 })
  if (child.error || child.status !== 0) {
    throw new Problem(`download ${url}: ${child.error?.message ?? (child.stderr.toString().trim() || `node ended with ${child.signal ?? child.status}`)}`)
  }
  const found = hash(child.stdout)
  if (found !== sum) {
    throw new Problem(`download ${url}: SHA-256 is ${found}, expected ${sum}, in ${child.stdout.length} bytes; nothing was run. Either a proxy answers in the place of the release, or the release was changed`)
  }
  return child.stdout
}

// Go's own cache makes building the same checkout again a matter of a second.
function built(name) {
  const path = join(process.env.RUNNER_TEMP || tmpdir(), 'plimsoll', 'plimsoll-action')
  console.log('::group::Build plimsoll')
  const go = spawnSync('go', ['build', '-o', path, './cmd/action'], { cwd: root, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' } })
  console.log('::endgroup::')
  if (go.error?.code === 'ENOENT') {
    throw new Problem(`this commit names no released program for ${name}, and there is no Go to build one: use the commit of a release, put actions/setup-go before this step, or give the input binary`)
  }
  if (go.error || go.status !== 0) throw new Problem(`go build ./cmd/action failed in ${root}: ${go.error?.message ?? `exit code ${go.status}`}`)
  return path
}
