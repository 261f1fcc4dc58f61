package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// errHelp ends a command that only showed its help.
var errHelp = errors.New("help was shown")

// imagesHelp says what can be given for an image.
const imagesHelp = `
an image is one of
  app:tag                    of the engine, else of its registry
  docker-daemon:app:tag      of the engine
  docker://host/app:tag      of a registry, with the credentials of docker login
  oci:DIR[:tag]              an OCI layout
  oci-archive:FILE[:tag]     an OCI layout in a tar file
  docker-archive:FILE[:app]  what docker save wrote
`

// flagSet makes the flags of a command, with help that names its arguments.
func flagSet(env Env, name, args string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are reported once, by finish
	flags.Usage = func() {
		fmt.Fprintf(env.Stdout, "usage: plimsoll %s [flags]\n", strings.TrimSpace(name+" "+args))
		flags.SetOutput(env.Stdout)
		flags.PrintDefaults()
		if strings.Contains(args, "IMAGE") || strings.Contains(args, "BASE") {
			fmt.Fprint(env.Stdout, imagesHelp)
		}
		if strings.Contains(args, "BASE") {
			fmt.Fprintln(env.Stdout, "and BASE may be a record.json that --out wrote")
		}
		flags.SetOutput(io.Discard)
	}
	return flags
}

// parse reads flags before, between and after the positional arguments.
func parse(flags *flag.FlagSet, args []string) (positional []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, errHelp
			}
			return nil, usagef("%s: %v (see `plimsoll %s --help`)", flags.Name(), err, flags.Name())
		}
		rest := flags.Args()
		if len(rest) == 0 {
			return positional, nil
		}
		if consumed := len(args) - len(rest); consumed > 0 && args[consumed-1] == "--" {
			return append(positional, rest...), nil
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
}

// common are the flags of every command that measures.
type common struct {
	config   string
	out      string
	format   string
	platform string
	quiet    bool
	noCache  bool
}

// registerReports are the flags of a command that also writes files.
func (c *common) registerReports(flags *flag.FlagSet, files string) {
	c.register(flags, "text, markdown or json")
	flags.StringVar(&c.out, "out", "", "`directory` to write to: "+files)
}

func (c *common) register(flags *flag.FlagSet, formats string) {
	flags.StringVar(&c.config, "c", "", "configuration `file` (default plimsoll.yml, if there is one)")
	flags.StringVar(&c.format, "format", "text", "what to print: "+formats)
	flags.StringVar(&c.platform, "platform", "", "`platform` to take from multi-platform images, such as linux/amd64")
	flags.BoolVar(&c.noCache, "no-cache", false, "read every layer, and keep nothing of it for the next run")
	flags.BoolVar(&c.quiet, "quiet", false, "no progress on standard error")
}

func (c *common) check() error { return checkFormat(c.format) }

func checkFormat(format string) error {
	switch format {
	case "text", "markdown", "json":
		return nil
	}
	return usagef("--format %q: expected text, markdown or json", format)
}
