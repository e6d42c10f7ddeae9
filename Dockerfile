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
COPY openapi.yaml ./
# The tests' targets are named in the manifest, so their folders must exist.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product upconv -Xlinker -s \
  && mkdir -p /out && cp "$(swift build -c release --static-swift-stdlib --show-bin-path)/upconv" /out/upconv

FROM ${RUNTIME_IMAGE}
RUN apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libstdc++6 zlib1g libisal2 libnghttp2-14 >/dev/null \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/upconv /usr/local/bin/upconv
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/upconv"]
# Inside a container loopback is nobody's but its own, so it listens to the container's network.
CMD ["serve", "--address", "0.0.0.0", "--port", "8080"]
