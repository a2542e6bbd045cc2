package action

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/environment"
	"github.com/multiarch-deploy/multiarch-deploy/internal/action/status"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
)

// Program is the command line as a value: all that it touches of its process.
type Program struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Width is that of the terminal on Stdout, which can show colour and a live line; 0 when Stdout is none.
	Width int
	// Version is what the version command prints.
	Version string

	// Crash is how an earlier process of the same run ended, where it could not report that itself: then the steps are not
	// taken, and the report, the summary and the outputs say so.
	Crash string

	// runner is the way to all that people read: on Stdout, unless that is for the report alone.
	runner *runner.Runner
}

// Main runs the program and returns its exit status; see package status.
// When ctx ends, the run stops where it is, reports what it has done, and the status is that of an interrupt.
func (p Program) Main(ctx context.Context, args []string) int {
	p.runner = runner.New(p.Stdout, p.Getenv)
	root := p.root()
	root.SetArgs(args)
	err := p.defaultCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err != nil && !errors.Is(err, status.ErrFindings) {
		p.publisher().Error(err, p.Stderr)
	}
	return status.Of(ctx, err)
}

// Stray prints what a process of the run has written past this program, without the secrets of the inputs, and returns
// the line that says why it crashed, or ""; see runner.Stray.
func (p Program) Stray(output io.Reader) (crash string) {
	r := runner.New(p.Stderr, p.Getenv)
	for _, secret := range inputs.Secrets(func(name string) string { return p.Getenv(variable(name)) }) {
		r.Learn(secret)
	}
	return r.Stray(output, p.Width > 0)
}

func (p Program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "multiarch-deploy",
		Short:         "Deploy to Kubernetes clusters with amd64 and arm64 nodes without exec format errors",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return inputs.Problems{fmt.Sprintf("%v; see %s --help", err, cmd.CommandPath())}
	})
	for _, c := range commands {
		root.AddCommand(p.command(c))
	}
	root.AddCommand(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		Run:   func(*cobra.Command, []string) { fmt.Fprintln(p.Stdout, p.Version) },
	})
	return root
}

func (p Program) command(c command) *cobra.Command {
	cmd := &cobra.Command{Use: c.use, Short: c.short, Args: noArguments}
	if c.references {
		cmd.Args = cobra.ArbitraryArgs
	}
	flags := newFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, references []string) error {
		output, err := flags.output(c)
		if err != nil {
			return err
		}
		if output.JSON {
			p.runner.LogTo(p.Stderr)
		}
		for _, secret := range inputs.Secrets(flags.value(p.Getenv)) { // before any text of others can be printed
			p.runner.Mask(secret)
		}
		source, err := environment.Variables(p.Getenv).Source()
		if err != nil {
			return err
		}
		config, err := inputs.Parse(flags.value(p.Getenv), inputs.Needs{
			Images:     len(references) == 0 && c != auditCommand && c != fixCommand,
			Namespaces: c == auditCommand,
			References: references,
			Source:     source,
			Build:      c == buildCommand,
		})
		if err != nil {
			return err
		}
		return p.execute(cmd.Context(), c, config, output)
	}
	return cmd
}

// noArguments refuses arguments, with the status of wrong inputs.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasParent():
		return inputs.Problems{fmt.Sprintf("no command is named %q; see %s --help", args[0], cmd.CommandPath())}
	}
	return inputs.Problems{fmt.Sprintf("%s takes no arguments, %q was given; see %s --help", cmd.Name(), args[0],
		cmd.CommandPath())}
}
