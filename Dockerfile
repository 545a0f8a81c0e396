# One image for amd64 and arm64: every dependency has wheels for both, nothing is compiled.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY device device
COPY svrdb svrdb
COPY obt obt
COPY profiles profiles
COPY wire wire
COPY src src
RUN python -m venv /opt/onboardee \
 && /opt/onboardee/bin/pip install --no-cache-dir --only-binary cryptography,cbor2,msgspec,pyyaml .

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 5683 onboardee \
 && install --directory --owner=onboardee --mode=0700 /state
COPY --from=build /opt/onboardee /opt/onboardee
ENV PATH=/opt/onboardee/bin:$PATH PYTHONUNBUFFERED=1
USER onboardee
VOLUME /state
EXPOSE 5683/udp 5684/udp
# a CoAP ping: the answer comes from the device's own message layer
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s \
  CMD ["onboardee", "ping", "coap://127.0.0.1:5683"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["onboardee"]
CMD ["run", "light", "--state-dir", "/state", "--port", "5683", "--secure-port", "5684"]
