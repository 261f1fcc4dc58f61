// Writes what an address answers to standard output: three tries, each of a
// limited time. Says on standard error what went wrong with each.
import { setTimeout as wait } from 'node:timers/promises'

const url = process.argv[2]
const tries = 3
const seconds = Number(process.env.PLIMSOLL_DOWNLOAD_SECONDS) || 60
const limit = 2 ** 27 // bytes
const passing = [408, 425, 429] // and what is wrong with the server alone

async function attempt() {
  // No connection is kept: one that was cut off could spoil the next try, too.
  const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(seconds * 1000) })
  if (response.ok) return { bytes: await whole(response.body) }
  await response.body?.cancel()
  return {
    problem: `HTTP ${response.status}`,
    final: response.status < 500 && !passing.includes(response.status),
    after: Number(response.headers.get('retry-after')) || 0,
  }
}

async function whole(body) {
  const chunks = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limit) throw new Error(`more than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reason(error) {
  if (error.name === 'TimeoutError') return { problem: `not complete after ${seconds} s` }
  return { problem: error.cause?.code ?? error.cause?.message ?? error.message }
}

process.exitCode = 1
for (let n = 1; n <= tries; n++) {
  const { bytes, problem, final, after = 0 } = await attempt().catch(reason)
  if (bytes) {
    process.stdout.write(bytes)
    process.exitCode = 0
    break
  }
  console.error(`try ${n} of ${tries}: ${problem}`)
  if (final) break
  if (n < tries) await wait(Math.min(Math.max(after, n), 20) * 1000)
}
