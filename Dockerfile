# One image for amd64 and arm64: every dependency has wheels for both, nothing is compiled.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.txt \
 && python -m venv /opt/onboardee \
 && /opt/onboardee/bin/pip install --require-hashes --only-binary :all: -r requirements/run.txt
COPY device device
COPY svrdb svrdb
COPY obt obt
COPY pki pki
COPY profiles profiles
COPY wire wire
COPY src src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/onboardee/bin/pip install --no-deps dist/*.whl

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 5683 onboardee \
 && install --directory --owner=onboardee --mode=0700 /state
COPY --from=build /opt/onboardee /opt/onboardee
# what every command reads: devices and tools keep all they have in /state; a device that runs
# alone has the usual ports
ENV PATH=/opt/onboardee/bin:$PATH PYTHONUNBUFFERED=1 \
    ONBOARDEE_STATE_DIR=/state ONBOARDEE_PORT=5683 ONBOARDEE_SECURE_PORT=5684
USER onboardee
WORKDIR /state
VOLUME /state
EXPOSE 5683/udp 5684/udp
# of a device that runs alone a CoAP ping, which its own message layer answers; of several, which run
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD onboardee ping "coap://127.0.0.1:$ONBOARDEE_PORT" || onboardee ctl devices
STOPSIGNAL SIGTERM
ENTRYPOINT ["onboardee"]
CMD ["run", "light"]
