// Runs the program with the step's environment and ends as it does.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:os'
import { Problem, program, saveState, say } from './shim.mjs'

try {
  const { path, sum } = program()
  const run = randomUUID()
  // Saved before anything is started: whatever happens now, post can clean up.
  saveState('program', path)
  saveState('sum', sum)
  saveState('run', run)
  let child // signals are caught before it is there: one must not end us and leave it behind
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child?.kill(signal))
  child = spawn(path, [], { stdio: 'inherit', env: { ...process.env, PLIMSOLL_RUN: run } })
  child.on('error', error => {
    say('error', `start ${path}: ${error.message}`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => { process.exitCode = code ?? 128 + constants.signals[signal] })
  if (child.pid) saveState('pid', child.pid)
} catch (error) {
  if (!(error instanceof Problem)) throw error
  say('error', error.message)
  process.exitCode = 2
}
