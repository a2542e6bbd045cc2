package action

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/environment"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/publish"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs/catalogue"
)

// flagSet are a command's flags: one for each input, and those that say where the results go.
type flagSet struct {
	flags *pflag.FlagSet
	text  map[string]*string
	lists map[string]*[]string
	// variables stand in for inputs that are left out.
	variables map[string]string
	reports   []string
	format    string
}

func newFlags(cmd *cobra.Command) *flagSet {
	f := &flagSet{flags: cmd.Flags(), text: map[string]*string{}, lists: map[string]*[]string{},
		variables: map[string]string{}}
	f.flags.SortFlags = false
	for _, in := range catalogue.All {
		if in.Runner {
			continue
		}
		f.variables[in.Name] = in.Variable
		usage := strings.ReplaceAll(in.Text, "`", "")
		if in.List {
			f.lists[in.Name] = f.flags.StringArray(in.Name, lines(in.Default), usage)
			continue
		}
		f.text[in.Name] = f.flags.String(in.Name, in.Default, usage)
		if in.Boolean() {
			f.flags.Lookup(in.Name).NoOptDefVal = "true"
		}
	}
	f.flags.StringArrayVar(&f.reports, "report", nil, "Write the report to this file: as JSON, or, of an audit, as a "+
		"table for a spreadsheet where its name ends in .csv.")
	f.flags.StringVar(&f.format, "output", "text", "What goes to standard output: text, or json for the report alone.")
	return f
}

// variable is the one in which a runner passes an input: in capitals, hyphens kept.
func variable(input string) string { return "INPUT_" + strings.ToUpper(input) }

// value looks an input up: the flag wins over the runner's variable.
func (f *flagSet) value(getenv func(string) string) func(string) string {
	return func(name string) string {
		switch {
		case !f.flags.Changed(name):
			return cmp.Or(getenv(variable(name)), getenv(f.variables[name]))
		case f.lists[name] != nil:
			return strings.Join(*f.lists[name], "\n")
		default:
			return *f.text[name]
		}
	}
}

// lines is the default of a list; an empty one has none to show in the help.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// output says where the results of a run go.
func (f *flagSet) output(c command) (publish.Files, error) {
	out := publish.Files{JSON: f.format == "json"}
	var problems inputs.Problems
	if f.format != "text" && f.format != "json" {
		problems = append(problems, fmt.Sprintf("output: %q is not one of text, json", f.format))
	}
	for _, path := range f.reports {
		into := &out.Report
		if strings.EqualFold(filepath.Ext(path), ".csv") {
			into = &out.Table
		}
		switch {
		case into == &out.Table && c != auditCommand:
			problems = append(problems, fmt.Sprintf("report: only audit writes a table as CSV; give %s another ending for JSON",
				path))
		case *into != "":
			problems = append(problems, fmt.Sprintf("report: %s and %s are of the same format; give one", *into, path))
		}
		*into = path
	}
	if len(problems) > 0 {
		return publish.Files{}, problems
	}
	return out, nil
}

// defaultCommand takes the command from the input of that name where a runner gives none as an argument.
func (p Program) defaultCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 || !environment.Variables(p.Getenv).OnRunner() {
		return nil
	}
	command := catalogue.Lookup("command")
	wanted := cmp.Or(strings.TrimSpace(p.Getenv("INPUT_COMMAND")), command.Default)
	if !slices.Contains(command.Choices, wanted) {
		return inputs.Problems{fmt.Sprintf("command: %q is not one of %s", wanted, strings.Join(command.Choices, ", "))}
	}
	root.SetArgs([]string{wanted})
	return nil
}
