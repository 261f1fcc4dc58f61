// Like the real one: a single file is at the top of the artifact.
import { cpSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
const { INPUT_NAME: name, INPUT_PATH: path, E2E_ARTIFACTS: saved } = process.env
if (process.env['INPUT_IF-NO-FILES-FOUND'] !== 'ignore' || process.env.INPUT_OVERWRITE !== 'true') throw new Error('this stand-in ignores and overwrites')
if (existsSync(path)) cpSync(path, join(saved, name, basename(path)))
