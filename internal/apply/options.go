package apply

import (
	"cmp"
	"time"

	"github.com/multiarch-deploy/multiarch-deploy/internal/progress"
)

// Options says how a set of objects is applied. A field left zero has the value of DefaultOptions.
type Options struct {
	// FieldManager is the name under which the API server records which fields are ours: "multiarch-deploy".
	// A deploy keeps its name for ever: under another one, the fields it no longer sets would stay.
	FieldManager string
	// ForceConflicts takes over fields that another manager owns. Without it they are apply-conflict findings.
	ForceConflicts bool
	// Namespace is where namespaced objects go that name no namespace, and where the inventory is kept: "default".
	Namespace string
	// Inventory names this deploy among all that share the cluster, such as "owner/repository:deploy/production".
	// Each object is marked with it and remembered in a ConfigMap, from which Prune learns what is no longer there.
	// Empty, the default, keeps no inventory and marks nothing.
	Inventory string
	// Deploy names this deploy where it keeps no inventory: Inventory.
	Deploy string
	// TakeOverFrom names other field managers, and other deploys, whose objects this one takes over: none.
	TakeOverFrom []string
	// Recreate are the kinds whose objects are deleted and created again where a change is not possible in place, besides
	// those with the annotation multiarch-deploy.dev/recreate: "true". Volumes, claims, namespaces and CRDs never are.
	Recreate []string
	// DeleteTimeout is how long an object that is deleted to be created again may take to be gone: 1 min.
	DeleteTimeout time.Duration
	// Concurrency is how many objects are on their way to the API server at once: 32.
	Concurrency int
	// EstablishTimeout is how long CustomResourceDefinitions may take until their kinds are served: 10 min.
	EstablishTimeout time.Duration
	// InterruptGrace is how long a change that is under way when the context ends may take to be answered: 5 s.
	InterruptGrace time.Duration
	// Patience is how long requests of a rollback, and those that read back an object whose answer was lost, are repeated
	// while the API server does not answer: 2 min.
	Patience time.Duration
	// Foreseen reports whether runs, the image of a live object, was looked at: as what wanted, that of the manifest,
	// refers to; or, where wanted is "", as that of a container which the manifest does not have. The default has
	// foreseen only what the manifest says.
	Foreseen func(wanted, runs string) bool
	// Reading is what the cluster had of the objects a moment ago, for Apply and Plan. Nil, the default, has them read it.
	Reading *Reading
	// Progress hears how far a stage is, and the warnings of the API server. The default drops them.
	Progress progress.Sink
}

// DefaultOptions returns the options of a deploy that forces nothing and keeps no inventory.
func DefaultOptions() Options { return Options{}.complete() }

func (o Options) complete() Options {
	o.FieldManager = cmp.Or(o.FieldManager, "multiarch-deploy")
	o.Deploy = cmp.Or(o.Deploy, o.Inventory)
	o.Namespace = cmp.Or(o.Namespace, "default")
	o.Concurrency = cmp.Or(o.Concurrency, 32)
	o.EstablishTimeout = cmp.Or(o.EstablishTimeout, 10*time.Minute)
	o.InterruptGrace = cmp.Or(o.InterruptGrace, 5*time.Second)
	o.DeleteTimeout = cmp.Or(o.DeleteTimeout, time.Minute)
	o.Patience = cmp.Or(o.Patience, 2*time.Minute)
	if o.Foreseen == nil {
		o.Foreseen = func(string, string) bool { return false }
	}
	if o.Progress == nil {
		o.Progress = progress.Discard
	}
	return o
}
