package schedule

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// informersOf serves the snapshot's objects to plugins that read through informers. Nothing is ever started: what the
// snapshot has is there at once, and any other kind is empty.
func informersOf(s Snapshot) informers.SharedInformerFactory {
	factory := informers.NewSharedInformerFactory(nil, 0)
	serve(factory, &corev1.Namespace{}, pointers(s.Namespaces))
	serve(factory, &corev1.PersistentVolumeClaim{}, pointers(s.Storage.Claims))
	serve(factory, &corev1.PersistentVolume{}, pointers(s.Storage.Volumes))
	serve(factory, &storagev1.StorageClass{}, pointers(s.Storage.Classes))
	serve(factory, &storagev1.CSINode{}, pointers(s.Storage.CSINodes))
	serve(factory, &storagev1.CSIDriver{}, pointers(s.Storage.CSIDrivers))
	serve(factory, &storagev1.CSIStorageCapacity{}, pointers(s.Storage.Capacities))
	return factory
}

func pointers[T any](values []T) []any {
	all := make([]any, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}

func serve(factory informers.SharedInformerFactory, kind runtime.Object, objects []any) {
	factory.InformerFor(kind, func(kubernetes.Interface, time.Duration) cache.SharedIndexInformer {
		still := stillInformer{cache.NewSharedIndexInformer(&cache.ListWatch{}, kind, 0,
			cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})}
		for _, obj := range objects {
			_ = still.GetIndexer().Add(obj) // fails for objects without metadata only
		}
		return still
	})
}

// stillInformer has had all its events when it is made: a handler gets them while it is added.
type stillInformer struct{ cache.SharedIndexInformer }

// HasSynced is always true.
func (i stillInformer) HasSynced() bool { return true }

// AddEventHandler calls the handler for each object.
func (i stillInformer) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration,
	error) {
	for _, obj := range i.GetIndexer().List() {
		handler.OnAdd(obj, true)
	}
	return i.SharedIndexInformer.AddEventHandler(handler)
}
