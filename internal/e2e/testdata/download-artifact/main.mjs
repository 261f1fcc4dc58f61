import { cpSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
const { INPUT_PATTERN: pattern, INPUT_PATH: path, E2E_ARTIFACTS: saved } = process.env
mkdirSync(path, { recursive: true })
for (const name of globSync(pattern, { cwd: saved })) cpSync(join(saved, name), join(path, name), { recursive: true })
