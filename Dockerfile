# The build stage runs on the builder's own CPU and cross-compiles: no emulation. Where BUILDPLATFORM is not set, as in
# Docker's classic builder, which some runners still use, "linux" alone means the same. The base is Go 1.26.8 on Debian, named
# by the digest of its index, so that nobody changes what builds this program; Dependabot proposes newer ones.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26@sha256:0f063af2d465d8dcae54cce04278ada488b96f77b42449c8d071e47d016cc65a AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY cmd/multiarch-deploy cmd/multiarch-deploy
COPY cmd/licenses cmd/licenses
COPY internal internal
ARG TARGETOS TARGETARCH VERSION=dev
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -tags grpcnotrace -ldflags "-s -w -X main.version=$VERSION" -o /multiarch-deploy ./cmd/multiarch-deploy
RUN go run ./cmd/licenses ./cmd/multiarch-deploy $TARGETOS/$TARGETARCH >/THIRD_PARTY_LICENSES.txt

# The runner asks for root, and for no WORKDIR: it mounts the workspace, which belongs to another user, and sets the working
# directory itself (https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support#user).
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /THIRD_PARTY_LICENSES.txt /THIRD_PARTY_LICENSES.txt
COPY --from=build /multiarch-deploy /multiarch-deploy
ENTRYPOINT ["/multiarch-deploy"]
