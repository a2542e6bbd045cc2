package apply

import (
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Options says how a set of objects is applied. Start from DefaultOptions.
type Options struct {
	// FieldManager is the name under which the API server records which fields are ours.
	// A deploy keeps its name for ever: under another one, the fields it no longer sets would stay.
	FieldManager string
	// ForceConflicts takes over fields that another manager owns. Without it they are apply-conflict findings.
	ForceConflicts bool
	// Namespace is where namespaced objects go that name no namespace, and where the inventory is kept.
	Namespace string
	// Inventory names this deploy among all that share the cluster, such as "owner/repository:deploy/production".
	// Each object is marked with it and remembered in a ConfigMap, from which Prune learns what is no longer there.
	// Empty keeps no inventory, and marks nothing.
	Inventory string
	// Concurrency is how many objects are on their way to the API server at once.
	Concurrency int
	// EstablishTimeout is how long a CustomResourceDefinition may take until its kind is served.
	EstablishTimeout time.Duration
	// InterruptGrace is how long a request that is under way when the context ends may take to be answered.
	InterruptGrace time.Duration
	// Progress hears how far a stage is, and the warnings of the API server.
	Progress progress.Sink
}

// DefaultOptions returns the options of a deploy that forces nothing and keeps no inventory.
func DefaultOptions() Options {
	return Options{
		FieldManager:     "multiarch-deploy",
		Namespace:        "default",
		Concurrency:      16,
		EstablishTimeout: 30 * time.Second,
		InterruptGrace:   5 * time.Second,
		Progress:         progress.Discard,
	}
}
