# The suite in an image: its command as entry point, its lookalikes as a pod's command.
#   docker build -t agentgateway-conformance:dev .
# On a closed machine BASE is any image with Python 3.11 or newer and its venv module:
#   docker build --build-arg BASE=registry.example/python:3.13-slim --build-arg PIP_INDEX_URL=https://... .
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# Where pip looks, and whom it trusts there; by default as everywhere.
ARG PIP_INDEX_URL PIP_CERT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/agw
WORKDIR /src
COPY . .
# pip does its work and goes; a virtual environment works under the path that it was made for.
RUN bash .ci/install /opt/agw/bin/python requirements-image.lock . && /opt/agw/bin/python -m pip uninstall --yes --quiet pip

FROM ${BASE}
COPY --from=build /opt/agw /opt/agw
# Certificates pass through files, for which a read-only root has room in memory only.
ENV PATH=/opt/agw/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TMPDIR=/dev/shm
USER 65532:65532
ENTRYPOINT ["agw-conformance"]
