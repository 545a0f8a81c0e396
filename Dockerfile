# One image for amd64 and arm64: every dependency has wheels for both, nothing is compiled.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt \
 && python -m venv /opt/onboardee \
 && /opt/onboardee/bin/pip install --require-hashes --only-binary :all: -r requirements/run.txt
# what the image has of Python packages, as CycloneDX; the tool itself stays behind
RUN python -m venv /opt/sbom \
 && /opt/sbom/bin/pip install --require-hashes --only-binary :all: -r requirements/sbom.txt
COPY device device
COPY svrdb svrdb
COPY obt obt
COPY pki pki
COPY profiles profiles
COPY wire wire
COPY src src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/onboardee/bin/pip install --no-deps dist/*.whl \
 && /opt/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
    --output-file /opt/onboardee/sbom.cdx.json /opt/onboardee

FROM python:3.13-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="onboardee" \
      org.opencontainers.image.description="Simulated OCF devices that real onboarding tools take ownership of" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
# Engines give users who are in no file of the image the group root; who starts it as another user
# than 5683 writes to /state by that.
RUN useradd --system --no-create-home --uid 5683 --gid root onboardee \
 && install --directory --owner=onboardee --group=root --mode=0770 /state
COPY --from=build /opt/onboardee /opt/onboardee
COPY deploy/fleet.yaml /etc/onboardee/fleet.yaml
# What every command reads: devices and tools keep all they have in /state; which devices run says a
# file, over which another is mounted, or the name of a profile; one that runs alone has the usual
# ports.
ENV PATH=/opt/onboardee/bin:$PATH PYTHONUNBUFFERED=1 \
    ONBOARDEE_STATE_DIR=/state ONBOARDEE_FLEET=/etc/onboardee/fleet.yaml \
    ONBOARDEE_PORT=5683 ONBOARDEE_SECURE_PORT=5684
USER onboardee
WORKDIR /state
VOLUME /state
EXPOSE 5683/udp 5684/udp
# a CoAP ping, which the message layer of a device answers; of many devices, of some
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["onboardee", "ping"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["onboardee"]
CMD ["run"]
