package launch

import (
	"context"
	"fmt"
	"strings"

	"github.com/multiarch-deploy/multiarch-deploy/internal/rootfs"
)

func isShell(tool string) bool {
	switch tool {
	case "sh", "ash", "dash", "bash":
		return true
	}
	return false
}

// shell reads what a shell is given to run. Args start with the shell itself.
func (t *tracer) shell(ctx context.Context, args []string, cmd Command) error {
	operands, fromText := shellOperands(args[1:])
	if len(operands) == 0 {
		return nil // it reads what it is sent
	}
	s := newScript(t, operands[0], operands[1:], cmd)
	text := operands[0]
	if fromText {
		s.name, s.params = "its shell command", operands[min(2, len(operands)):]
	} else if ok, err := t.readScript(ctx, &text, cmd.Dir); !ok || err != nil {
		return err
	}
	if strings.Contains(text, unknown) {
		t.note("%s: it depends on variables", s.name)
		return nil
	}
	if len(text) > rootfs.ScriptSize {
		t.note("%s: it has %d bytes, and at most %d are read", s.name, len(text), rootfs.ScriptSize)
		return nil
	}
	if err := t.fs.Spend(ctx, len(text)); err != nil {
		return err
	}
	file, err := parse(ctx, text)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		t.note("%s: it cannot be read as a shell script (%v)", s.name, err)
		return nil
	}
	_, err = s.run(ctx, file.Stmts)
	return err
}

// shellOperands takes the options off: -c makes the first operand the script's text, -o takes an argument.
func shellOperands(args []string) (operands []string, fromText bool) {
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		option := args[0]
		args = args[1:]
		switch {
		case option == "--":
			return args, fromText
		case strings.HasPrefix(option, "--"):
			continue
		}
		fromText = fromText || strings.Contains(option, "c")
		if strings.Contains(option, "o") && len(args) > 0 {
			args = args[1:]
		}
	}
	return args, fromText
}

// readScript puts a script's text in place of its path.
func (t *tracer) readScript(ctx context.Context, name *string, dir string) (ok bool, err error) {
	if strings.Contains(*name, unknown) {
		t.note("the script of a shell: its name depends on variables")
		return false, nil
	}
	file, err := t.fs.Stat(ctx, absolute(*name, dir))
	switch {
	case isPathError(err):
		t.note("script %s: %v", *name, named(err, *name))
		return false, nil
	case err != nil:
		return false, err
	case !file.Whole():
		t.note("%s", unread(*name, file))
		return false, nil
	}
	*name = string(file.Head)
	return true, nil
}

func unread(name string, file rootfs.File) string {
	if file.Size > rootfs.ScriptSize {
		return fmt.Sprintf("script %s: it has %d bytes, and at most %d are read of one file", name, file.Size,
			rootfs.ScriptSize)
	}
	return fmt.Sprintf("script %s: it has no #! line", name)
}
