# Two stages: Swift's own image builds a program with Swift inside; Debian's slim image runs it as nobody in particular.
ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS build
WORKDIR /src
COPY scripts/packages scripts/packages
RUN scripts/packages libnghttp2-dev zlib1g-dev libisal-dev
# Dependencies change seldom: their layer is kept as long as the manifest is the same.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
COPY openapi.yaml openapi.json ./
# The tests' targets are named in the manifest, so their folders must exist.
COPY Tests Tests
COPY scripts/build scripts/runtime-files scripts/
RUN scripts/build -Xlinker -s && scripts/runtime-files .build/release/upconv /out

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="Upconv" \
  org.opencontainers.image.description="Transposed convolutions and small decoders over HTTP, on CPUs" \
  org.opencontainers.image.licenses="see the repository" \
  org.opencontainers.image.base.name="debian:bookworm-slim"
# The program, the shared libraries that the base does not have, and a list of what all of it is made of. No package
# manager runs here: its lists and caches would be larger than the service.
COPY --from=build /out/ /
USER 65532:65532
# Inside a container loopback is nobody's but its own, so it listens to the container's network. The health check reads
# the same variables: whoever changes the port does it by UPCONV_PORT, not by --port.
ENV UPCONV_ADDRESS=0.0.0.0 UPCONV_PORT=8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/upconv", "health"]
ENTRYPOINT ["/usr/local/bin/upconv"]
CMD ["serve"]
