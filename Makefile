# Everything a newcomer needs: `make demo` and `make test` do their own set-up. They need Go, make, git and a network, and
# run as any user. `make test-engines` installs what it needs, as root.
GO            ?= go
VERSION       ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# One set of build flags for everything, so that nothing is compiled twice. The programs are static. grpcnotrace keeps
# gRPC's trace pages out: their templates call methods by name, and the linker then has to keep all methods of all types,
# a third of the program.
export CGO_ENABLED := 0
export GOFLAGS     := $(shell $(GO) env GOFLAGS) -trimpath -tags=grpcnotrace
LDFLAGS       := -s -w -X main.version=$(VERSION)
LOCALCLUSTER  := cmd/localcluster
CI            := internal/test/ci
BUILDKIT      := internal/test/buildkit
ACT           := v0.2.89
# What the program is measured beside; kustomize and crane are those whose libraries it links.
KUSTOMIZE     := v5.8.2
CRANE         := v0.22.1
# Builds are measured as root, who may install what they need.
PARTS         ?= start render apply latency verdict verify plan $(if $(filter 0,$(shell id -u)),build)
ROUNDS        ?= 5
IMAGE_LIMIT_MB := 20
# What is released. The image is the Dockerfile's, put together from dist by the program itself.
PLATFORMS     := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
IMAGE         ?= ghcr.io/multiarch-deploy/multiarch-deploy
CERTIFICATES  := /etc/ssl/certs/ca-certificates.crt
GOLANGCI_LINT := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0

# Tests wait for clusters more than they compute, so more of them run at once than there are CPUs.
# Without debug information test binaries link in less than half the time; stack traces have their lines all the same.
TESTFLAGS     := -shuffle=on -timeout=40m -ldflags="-s -w"
# The packages that have tests with the build tag engines, and these tests: make test runs the others.
TAGGED        := git grep -l '^//go:build engines' -- '*_test.go' ':!$(CI)' | xargs
ENGINES        = $$($(TAGGED) -n 1 dirname | sort -u | sed 's|^|./|')
ENGINE_TESTS   = ^($$($(TAGGED) sed -n 's/^func \(Test[A-Za-z0-9_]*\).*/\1/p' | paste -sd '|' -))$$
TOGETHER      := -p=4 -parallel=8
FUZZTIME      ?= 60s

.PHONY: build compile builders bases browser root demo picture test race test-engines fuzz update lint bench bench-peers bench-engines image release dist push clean

build: ## both programs, into bin/
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/multiarch-deploy ./cmd/multiarch-deploy
	$(GO) build -C $(LOCALCLUSTER) -ldflags "$$(cat $(LOCALCLUSTER)/ldflags)" -o ../../bin/localcluster .

compile: ## all that the tests use, Kubernetes too, and how far that is
	@BUILT_PROGRAMS= $(GO) run ./cmd/demo compile

# The tests take the programs that compile has built, and look no further.
test race test-engines update: export BUILT_PROGRAMS := $(CURDIR)/bin

test: compile ## what Go alone can run, as any user: units, scenarios, a real control plane, real registries
	$(GO) test $(TESTFLAGS) $(TOGETHER) ./...
	$(GO) test -C $(LOCALCLUSTER) $(TESTFLAGS) ./...
	$(GO) test -C $(CI) $(TESTFLAGS) -count=1 ./... # what it reads is outside of its module, where caching does not look

race: compile ## the same under the race detector, which needs a C compiler
	CGO_ENABLED=1 $(GO) test -race $(TESTFLAGS) ./...

test-engines: root compile builders browser ## what needs BuildKit, buildx, Docker engines, act, QEMU and Chromium; installs them, as root
	$(GO) test $(TESTFLAGS) -timeout=60m -tags=grpcnotrace,engines -run "$(ENGINE_TESTS)" $(ENGINES)
	$(GO) test -C $(CI) $(TESTFLAGS) -count=1 -tags=grpcnotrace,engines ./...

root:
	@[ "$$(id -u)" = 0 ] || { echo "make $(MAKECMDGOALS) installs packages and starts container engines: run it as root, \
such as sudo env \"PATH=\$$PATH\" make $(MAKECMDGOALS). make test needs no root." >&2; exit 1; }

builders: ## what real builds and workflows in the tests need: runc, QEMU, BuildKit, buildx, Docker engines, act; root and apt-get
	$(BUILDKIT)/setup.sh
	$(GO) build -C $(BUILDKIT)/testdata/buildkitd -ldflags '-s -w' -o ../../../../../bin/ tool
	$(GO) build -C $(BUILDKIT)/testdata/buildx -ldflags '-s -w' -o ../../../../../bin/ tool
	GOBIN=$(CURDIR)/bin $(GO) install github.com/nektos/act@$(ACT)
	GOARCH=arm64 $(GO) build ./internal/action # most of the arm64 image, so that its test does not wait for it
	$(GO) build -C $(BUILDKIT)/testdata/dockerd -ldflags '-s -w' -tags exclude_graphdriver_btrfs,no_systemd -o ../../../../../bin/ tool

bases: root ## what the Dockerfiles of make bench-peers build with, and start from: BuildKit, QEMU, Go, Python; root and apt-get
	$(BUILDKIT)/setup.sh
	internal/test/peers/bases.sh

browser: ## what draws job summaries in the tests: Chromium and Mermaid; root, apt-get and npm
	internal/report/summary/testdata/browser/setup.sh

fuzz: ## each fuzz target, for a minute each
	GO="$(GO)" FUZZTIME=$(FUZZTIME) .github/fuzz.sh

update: compile ## every golden file, page and generated table
	for package in $$(git grep -l -e 'flag.Bool("update"' -e 'internal/test/golden"' -- '*_test.go' ':!internal/test/engine' | xargs -n 1 dirname | sort -u); do \
	  $(GO) test -count=1 "./$$package" -update || exit; \
	done

demo: ## the main job on the local cluster, from nothing
	$(GO) run ./cmd/demo

picture: browser ## the README's picture of a job summary, from a run of the demo
	rm -f testdata/demo/summary.md
	GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$(CURDIR)/testdata/demo/summary.md $(GO) run ./cmd/demo
	$(GO) test -tags=grpcnotrace,engines ./internal/report/summary -run TestDemo_is_drawn -update

lint: ## the linters of .golangci.yml
	$(GOLANGCI_LINT) run --build-tags=grpcnotrace,engines ./...
	cd $(LOCALCLUSTER) && $(GOLANGCI_LINT) run --config ../../.golangci.yml ./...
	cd $(CI) && $(GOLANGCI_LINT) run --config ../../../.golangci.yml --build-tags=engines ./...

bench: build ## speed and memory; fails where a deploy of large definitions takes more memory than it may
	$(GO) test -run '^$$' -bench . -benchmem -timeout=2h ./...
	$(GO) test -v -count=1 -timeout=6h ./internal/test/agreement -args -workloads 5000 -clusters 2 -seed 0
	$(GO) test -C $(LOCALCLUSTER) -run '^$$' -bench . ./...

bench-peers: build $(if $(filter build,$(PARTS)),bases) ## beside kubectl and others, into docs/speed.md; PARTS="apply render" measures some of it
	GOBIN=$(CURDIR)/bin $(GO) install sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE)
	GOBIN=$(CURDIR)/bin $(GO) install github.com/google/go-containerregistry/cmd/crane@$(CRANE)
	$(GO) test -count=1 -v -timeout=120m -tags=grpcnotrace,peers,engines -run TestTable_of_each_part ./internal/test/peers \
	  -args -parts "$(PARTS)" -rounds $(ROUNDS)

bench-engines: root builders ## builders against one another
	$(GO) test -tags=grpcnotrace,engines -run '^$$' -bench . -benchmem ./internal/build

image: ## the action's container image for this machine's CPU, and its size
	docker build --build-arg VERSION=$(VERSION) --tag multiarch-deploy:$(VERSION) .
	@mkdir -p bin && docker save --output bin/image.tar multiarch-deploy:$(VERSION)
	@gzip -9 <bin/image.tar | wc -c >bin/image.size && rm bin/image.tar
	@awk '{ mb = $$1 / 1e6; \
		printf "multiarch-deploy:$(VERSION) is %.1f MB compressed; the limit is $(IMAGE_LIMIT_MB) MB\n", mb; exit mb > $(IMAGE_LIMIT_MB) }' bin/image.size

release: ## a release of main, made by its workflow: make release VERSION=v1.2.3
	.github/release/tag.sh $(VERSION)
	gh workflow run release.yml --ref main -f version=$(VERSION)

dist: ## the programs of a release, with what they are made of and their checksums
	rm -rf dist
	for platform in $(PLATFORMS); do os=$${platform%/*}; \
	  GOOS=$$os GOARCH=$${platform#*/} $(GO) build -buildvcs=false -ldflags '$(LDFLAGS)' \
	    -o "dist/multiarch-deploy_$${os}_$${platform#*/}$$(GOOS=$$os $(GO) env GOEXE)" ./cmd/multiarch-deploy || exit; \
	done
	$(GO) -C $(CI) tool cyclonedx-gomod bin -json -version $(VERSION) -output $(CURDIR)/dist/multiarch-deploy.cdx.json $(CURDIR)/dist/multiarch-deploy_linux_amd64
	$(GO) run ./cmd/licenses ./cmd/multiarch-deploy $(PLATFORMS) >dist/THIRD_PARTY_LICENSES.txt
	cd dist && sha256sum * >SHA256SUMS

push: ## the image of dist, to a registry that docker is signed in to
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) dist/multiarch-deploy_linux_amd64 build --builder assemble \
	  --images multiarch-deploy=$(IMAGE) --tag $(VERSION) --entrypoint /multiarch-deploy \
	  --artifacts 'dist/multiarch-deploy_{os}_{arch}:/multiarch-deploy' --artifacts $(CERTIFICATES):$(CERTIFICATES) \
	  --artifacts dist/THIRD_PARTY_LICENSES.txt:/THIRD_PARTY_LICENSES.txt \
	  --annotations 'index:org.opencontainers.image.description=Deploys to clusters with amd64 and arm64 nodes'

clean:
	rm -rf bin dist
