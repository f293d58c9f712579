# syntax=docker/dockerfile:1
# A static program in an empty image: no shell, no package manager, no root.
#
#   docker build -t evenkeel .
#   docker run -p 127.0.0.1:8467:8467 -v evenkeel:/data evenkeel
#
# Inside a container loopback is the container's own, so the console listens on
# all of its addresses and asks everybody to sign in. The first person gets in
# with a one-time link:
#
#   docker exec CONTAINER evenkeel invite Ana --role lead

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unversioned
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X main.version=${VERSION}" \
      -o /out/bin/evenkeel ./cmd/evenkeel
# An empty image has no certificates, no users and no folders. Time zones are in
# the program.
RUN mkdir -p /out/data /out/etc/ssl/certs /out/tmp && \
    cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ && \
    echo 'evenkeel:x:65532:65532::/data:/' > /out/etc/passwd && \
    echo 'evenkeel:x:65532:' > /out/etc/group && \
    chmod 1777 /out/tmp && chown -R 65532:65532 /out/data

FROM scratch
COPY --from=build /out/ /
ENV PATH=/bin \
    HOME=/data \
    EVENKEEL_DATABASE=sqlite:/data/evenkeel.db \
    EVENKEEL_LISTEN=0.0.0.0:8467
WORKDIR /data
USER 65532:65532
VOLUME /data
EXPOSE 8467
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/bin/evenkeel", "healthcheck"]
ENTRYPOINT ["/bin/evenkeel"]
CMD ["serve"]
