# syntax=docker/dockerfile:1

# The build stage runs on the builder's own CPU and cross-compiles: no emulation.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/multiarch-deploy cmd/multiarch-deploy
COPY internal internal
ARG TARGETOS TARGETARCH VERSION=dev
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -tags grpcnotrace -ldflags "-s -w -X main.version=$VERSION" -o /multiarch-deploy ./cmd/multiarch-deploy

# No USER and no WORKDIR: the runner mounts the workspace for root and sets the working directory itself
# (https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support#user).
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /multiarch-deploy /multiarch-deploy
ENTRYPOINT ["/multiarch-deploy"]
