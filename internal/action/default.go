package action

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

// defaultCommand takes the command from the input of that name where a runner gives none as an argument.
func (p Program) defaultCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 || !p.onRunner() {
		return nil
	}
	command := inputs.Lookup("command")
	wanted := cmp.Or(strings.TrimSpace(p.Getenv("INPUT_COMMAND")), command.Default)
	if !slices.Contains(command.Choices, wanted) {
		return inputs.Problems{fmt.Sprintf("command: %q is not one of %s", wanted, strings.Join(command.Choices, ", "))}
	}
	root.SetArgs([]string{wanted})
	return nil
}
