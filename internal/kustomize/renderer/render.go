package renderer

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/edit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/origin"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/disk"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/renderer/explain"
	"github.com/multiarch-deploy/multiarch-deploy/internal/kustomize/sandbox"
)

// renderer renders one kustomization.
type renderer struct {
	path    string // the kustomization file
	content []byte
	files   *disk.FS
	words   *explain.Explainer
	// printed is what kustomize printed in the last pass.
	printed string
	// learnt are the origins of objects where they come from a pass of their own; nil where objects have them.
	learnt *origin.Learnt
	// sent takes the objects as they are rendered; see sink.
	sent sink
}

// rendering is what a kustomization renders to.
type rendering struct {
	targets []origin.Target
	images  []ImageUse
	notices []explain.Notice
}

func newRenderer(request Request) (*renderer, error) {
	r := &renderer{path: request.Path, content: request.Content}
	if err := edit.Check(r.path, r.content); err != nil {
		return nil, err
	}
	if err := disk.CheckSize(r.content, len(r.content)); err != nil {
		return nil, fmt.Errorf("%s: %w", r.path, err)
	}
	target, err := realPath(r.path)
	if err != nil {
		return nil, fmt.Errorf("reading the kustomization: %w", err)
	}
	r.files = disk.New(r.path, target, request.Beside)
	r.words = explain.New(r.path, r.files, request.RemoteFetch)
	return r, nil
}

func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

// render renders once where the images allow that; see images.go.
func (r *renderer) render(images []types.Image) (*rendering, error) {
	if len(images) > 0 {
		return r.renderImages(images)
	}
	p, err := r.objects(r.content, r.sent)
	if err != nil {
		return nil, err
	}
	return &rendering{targets: p.targets(), notices: r.words.Notices(r.printed)}, nil
}

// mostPasses is how often a render begins anew for the sake of files in which schemas stay.
const mostPasses = 8

// objects renders the kustomization with a content: without the schemas of its definitions, unless these might come out
// in another way than from kustomize.
func (r *renderer) objects(content []byte, to sink) (*pass, error) {
	d := &r.files.Definitions
	for passes := 0; d.Aside != nil && passes < mostPasses; passes++ {
		p, err := r.objectsAsTheyAre(content, to)
		if d.Aside != nil && !d.Again && (!d.Aside.Matters() || err == nil && d.Aside.Complete()) {
			return p, err
		}
		p.again()
		if !d.Again {
			break
		}
		r.learnt = nil
	}
	d.Aside, r.learnt = nil, nil
	return r.objectsAsTheyAre(content, to)
}

// objectsAsTheyAre renders what the files are now: in parts where that gives the same. The pass has what there was
// before an error.
func (r *renderer) objectsAsTheyAre(content []byte, to sink) (*pass, error) {
	p := newPass(r.path, content, r.files, to)
	annotated, asked, err := origin.WithAnnotations(content)
	if err != nil {
		return p, fmt.Errorf("%s: %w", r.path, err)
	}
	p.keepOrigin = asked
	if !r.inParts(content, p) {
		p.again()
		if err := r.whole(content, annotated, p); err != nil {
			return p, err
		}
	}
	if len(p.objects) == 0 {
		return p, fmt.Errorf("%s: the kustomization renders no objects; list the manifests under resources", r.path)
	}
	return p, nil
}

// whole renders at once: with the annotation of origins, or where that would take too long, after a pass that finds
// them.
func (r *renderer) whole(content, annotated []byte, p *pass) error {
	if r.learnt == nil {
		r.files.Counting = true
		all, err := r.all(content, annotated)
		r.files.Counting = false
		if err == nil {
			return p.take(all, p.annotated)
		}
		if !r.files.Many {
			return err
		}
		r.learnOrigins(content, annotated)
	}
	all, err := r.all(content, content)
	if err != nil {
		return err
	}
	total := len(all)
	return p.take(all, func(i int, _ map[string]any, name origin.Named) (found, error) {
		return p.find(name, r.learnt.Origin(i, total, name))
	})
}

// learnOrigins finds origins in a pass of their own. Where that fails, so does the one for the objects, or they have
// none.
func (r *renderer) learnOrigins(content, annotated []byte) {
	r.learnt = &origin.Learnt{}
	r.files.Bare = true
	all, err := r.all(content, annotated)
	r.files.Bare = false
	if err == nil {
		r.learnt.Learn(all)
	}
}

// all runs kustomize. It reads standIn in place of the kustomization, of which content is shown.
func (r *renderer) all(content, standIn []byte) ([]*resource.Resource, error) {
	r.files.Reset(content, standIn)
	resources, err := r.once()
	if err != nil {
		return nil, err
	}
	return resources.Resources(), nil
}

// once runs kustomize on what the files are now.
func (r *renderer) once() (resmap.ResMap, error) {
	printed, err := sandbox.StartCapture()
	if err != nil {
		return nil, err
	}
	// A relative path could read as the address of a git repository.
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(r.files, filepath.Dir(r.files.Target))
	r.printed = printed.Stop()
	if r.files.Refused != nil {
		return nil, r.files.Refused
	}
	if err := r.words.Explain(err); err != nil {
		return nil, err
	}
	return resources, nil
}

// read returns the content of the file itself.
func (r *renderer) read() []byte {
	content, err := os.ReadFile(r.path)
	if err != nil {
		return nil
	}
	return content
}
