package image_test

import (
	"archive/tar"
	"fmt"
	"hash"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"

	"github.com/multiarch-deploy/multiarch-deploy/internal/image/verify"
)

// BenchmarkMemory verifies an image whose app comes after all the rest of one layer, so that every byte has to be
// unpacked. The peak of the heap must not depend on the layer's size.
func BenchmarkMemory(b *testing.B) {
	for _, size := range []int64{16 << 20, 1 << 30} {
		b.Run(fmt.Sprintf("%dMB", size>>20), func(b *testing.B) {
			ref := serveLarge(b, size)
			b.SetBytes(size)
			peak := watchHeap(b)
			for b.Loop() {
				img := examine(b, options(), ref)[0]
				if n := len(img.Manifests[0].Inspection.Programs); n != 1 {
					b.Fatalf("%d programs, %v", n, img.Manifests[0].Inspection)
				}
			}
			b.ReportMetric(float64(peak())/1e6, "peak-heap-MB")
		})
	}
}

// BenchmarkScripts verifies 8 images of 12 layers full of scripts, whose text could matter. The peak of the heap is
// bounded by the run's budget, not by their number.
func BenchmarkScripts(b *testing.B) {
	host := newRegistry(b)
	text := "#!/bin/sh\n" + strings.Repeat("# a comment\n", 5000)
	var list []name.Reference
	for i := range 8 {
		r := app(amd64, binaryFor("amd64"))
		r.layers, r.start = nil, []string{"/gone"}
		for l := range 12 {
			var layer files
			for s := range 300 {
				layer = append(layer, fmt.Sprintf("bin/%d-%d-%d", i, l, s), text)
			}
			r.layers = append(r.layers, layer)
		}
		list = append(list, push(b, fmt.Sprintf("%s/scripts%d:1", host, i), r.image(b)))
	}
	peak := watchHeap(b)
	for b.Loop() {
		examine(b, options(), list...)
	}
	b.ReportMetric(float64(peak())/1e6, "peak-heap-MB")
}

// watchHeap samples the heap until the returned function is called, which gives the most that was in use.
func watchHeap(b *testing.B) (peak func() uint64) {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			most = max(most, stats.HeapInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// serveLarge pushes an image and serves its one layer from a generator, so that nobody contains it.
func serveLarge(b *testing.B, size int64) name.Reference {
	layer := v1.Descriptor{MediaType: types.OCILayer}
	hash, err := v1.Hasher("sha256")
	if err != nil {
		b.Fatal(err)
	}
	layer.Size = writeLarge(hash, size)
	layer.Digest = digestOf(hash)
	host := serve(b, newCounted(func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.HasSuffix(r.URL.Path, layer.Digest.String()) {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(layer.Size))
		writeLarge(w, size)
		return true
	}))
	config := configured(b, imageFor(b, amd64), recipe{platform: amd64, start: []string{"/app"}}, nil)
	push(b, host+"/large:0", config)
	manifest := *must(config.Manifest())(b)
	manifest.Layers = []v1.Descriptor{layer}
	return push(b, host+"/large:1", rawJSON(b, manifest.MediaType, manifest))
}

func digestOf(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", h.Sum(nil))}
}

// writeLarge writes a layer of files that do not pack well, and the app behind them. It returns its size.
func writeLarge(to io.Writer, size int64) int64 {
	const piece = 1 << 20
	counter := &countingWriter{Writer: to}
	packed, _ := gzip.NewWriterLevel(counter, gzip.NoCompression) // the level is a known one
	archive := tar.NewWriter(packed)
	content := noise(piece)
	for i := range size / piece {
		_ = archive.WriteHeader(&tar.Header{Name: fmt.Sprintf("data/%d", i), Mode: 0o644, Size: piece, Typeflag: tar.TypeReg})
		if _, err := archive.Write(content); err != nil {
			return counter.n // the reader has gone
		}
	}
	program := binaryFor("amd64")
	_ = archive.WriteHeader(&tar.Header{Name: "app", Mode: 0o755, Size: int64(len(program)), Typeflag: tar.TypeReg})
	_, _ = io.WriteString(archive, program)
	_ = archive.Close()
	_ = packed.Close()
	return counter.n
}

type countingWriter struct {
	io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// BenchmarkAgainstPull compares verifying both platforms of an image with pulling one of them as a node does: every
// layer fetched, checked and unpacked.
func BenchmarkAgainstPull(b *testing.B) {
	registry := newCounted(nil)
	host := serve(b, registry)
	ref := push(b, host+"/cart:1", indexOf(large(amd64).as(b, amd64), large(arm64).as(b, arm64)))
	measure := func(name string, work func()) {
		b.Run(name, func(b *testing.B) {
			before, n := registry.fetched(), 0
			for b.Loop() {
				work()
				n++
			}
			b.ReportMetric(float64(registry.fetched()-before)/float64(n)/1e6, "MB-fetched/op")
		})
	}
	measure("verify_two_platforms", func() {
		if findings := verify.Image(examine(b, options(), ref)[0], both(nil)); findings != nil {
			b.Fatal(brief(findings))
		}
	})
	measure("pull_one_platform", func() { pull(b, ref) })
}

// large is an app on a base of 100 MB, in three layers.
func large(p v1.Platform) recipe {
	r := app(p, binaryFor(p.Architecture))
	base := []files{}
	for i := range 3 {
		base = append(base, files{fmt.Sprintf("usr/lib/%s-%d", p.Architecture, i), string(noise(33 << 20))})
	}
	r.layers = append(base, r.layers...)
	return r
}

func pull(b *testing.B, ref name.Reference) {
	img, err := remote.Image(ref, remote.WithPlatform(arm64))
	if err != nil {
		b.Fatal(err)
	}
	for _, layer := range must(img.Layers())(b) {
		content := must(layer.Uncompressed())(b)
		if _, err := io.Copy(io.Discard, content); err != nil {
			b.Fatal(err)
		}
		content.Close()
	}
}
