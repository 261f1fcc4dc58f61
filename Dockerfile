# Plimsoll's image from this checkout:
#
#   docker build -t plimsoll .
#
# Its last stage is Dockerfile.prebuilt, which a test compares.
# docs/container.md says how to run it, and when to have a BASE with a shell.
ARG GO=golang:1.26
ARG BASE=scratch

FROM ${GO} AS build
ARG VERSION=dev
WORKDIR /src
COPY . .
RUN scripts/build image "$VERSION" /image "$(go env GOHOSTARCH)"

FROM ${BASE}
COPY --from=build /image/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /image/plimsoll /usr/local/bin/plimsoll
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/plimsoll"]
