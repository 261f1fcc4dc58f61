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

// flagSet makes the flags of a command, with help that names its arguments.
func flagSet(env Env, name, args string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are reported once, by finish
	flags.Usage = func() {
		fmt.Fprintf(env.Stdout, "usage: plimsoll %s [flags]\n", strings.TrimSpace(name+" "+args))
		flags.SetOutput(env.Stdout)
		flags.PrintDefaults()
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

func (c *common) register(flags *flag.FlagSet) {
	flags.StringVar(&c.config, "c", "", "configuration `file` (default plimsoll.yml, if there is one)")
	flags.StringVar(&c.out, "out", "", "`directory` for the JSON and the reports")
	flags.StringVar(&c.format, "format", "text", "what to print: text, markdown or json")
	flags.StringVar(&c.platform, "platform", "", "`platform` to take from multi-platform images, such as linux/amd64")
	flags.BoolVar(&c.noCache, "no-cache", false, "read every layer, and keep nothing of it for the next run")
	flags.BoolVar(&c.quiet, "quiet", false, "no progress on standard error")
}

func (c *common) check() error {
	switch c.format {
	case "text", "markdown", "json":
		return nil
	}
	return usagef("--format %q: expected text, markdown or json", c.format)
}
