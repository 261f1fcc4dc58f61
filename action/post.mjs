// Runs after main on every way out. On a cancelled job main may be killed while
// the program lives on: it is ended, then what it started is removed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { savedState, say, usable } from './shim.mjs'

const run = savedState('run')
const pid = Number(savedState('pid'))

// Whether the process is still ours: its number may have gone to another one.
function alive() {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`PLIMSOLL_RUN=${run}`)
  } catch {
    return false
  }
}

// Asks nicely, since the program cleans up after itself; then insists.
async function end() {
  for (const [signal, seconds] of [['SIGTERM', 15], ['SIGKILL', 5]]) {
    if (!alive()) return
    process.kill(pid, signal)
    for (let waited = 0; waited < seconds && alive(); waited += 0.1) await setTimeout(100)
  }
}

if (run) {
  if (pid) await end()
  const [path, sum] = [savedState('program'), savedState('sum')]
  // The tool cache is other jobs' too, and this has the token still.
  if (sum && !usable(path, sum)) {
    say('warning', `${path} is no longer the program that ran, so it is not run again: what run ${run} left in the container engine is removed by the next run, or by plimsoll cleanup --run ${run}`)
  } else cleanUp(path)
}

function cleanUp(path) {
  const cleanup = spawnSync(path, ['cleanup', '--run', run], { stdio: 'inherit', timeout: 90_000 })
  if (cleanup.error || cleanup.status !== 0) {
    say('warning', `removing what run ${run} left in the container engine failed: ${cleanup.error?.message ?? `exit code ${cleanup.status}`}`)
  }
}
