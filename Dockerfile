# The build stage runs on the builder's own CPU and cross-compiles: no emulation. Where BUILDPLATFORM is not set, as in
# Docker's classic builder, which some runners still use, "linux" alone means the same. A release names the base by digest,
# too; this file, from which a branch runs, takes Go's security fixes as they come.
FROM --platform=${BUILDPLATFORM:-linux} golang:1.26 AS build
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
