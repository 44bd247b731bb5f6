"""Objects that an operator makes a Secret from are recognised, explained, and a made-up key stands for the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.manifests.input.reading import Given, read_input
from conformance.manifests.secrets import secret_value
from conformance.stage.scenario.profile import given_profiles
from tests.support.nimbus import NIMBUS

REST = NIMBUS.partition("---\n")[2]
FILLED = "the value in Secret llm/nimbus-key is filled in by its operator; {} stands for it"
EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: nimbus-key, namespace: llm}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
"""
SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed, namespace: llm}
spec:
  encryptedData: {Authorization: AgB4}
  template: {metadata: {name: nimbus-key}}
"""
SOPS = """\
apiVersion: v1
kind: Secret
metadata: {name: nimbus-key, namespace: llm}
stringData:
  Authorization: ENC[AES256_GCM,data:abc,iv:def,tag:ghi,type:str]
sops: {mac: x}
"""
AVP = """\
apiVersion: v1
kind: Secret
metadata: {name: nimbus-key, namespace: llm, annotations: {avp.kubernetes.io/path: secret/data/x}}
stringData: {Authorization: <key>}
"""
BANK_VAULTS = """\
apiVersion: v1
kind: Secret
metadata: {name: nimbus-key, namespace: llm}
stringData: {Authorization: "vault:secret/data/llm#KEY"}
"""
VAULT = """\
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: v, namespace: llm}
spec: {destination: {name: nimbus-key, create: true}}
"""
ITEM = """\
apiVersion: onepassword.com/v1
kind: OnePasswordItem
metadata: {name: nimbus-key, namespace: llm}
spec: {itemPath: vaults/a/items/b}
"""


def reads(tmp_path: Path, *texts: str, **options: object) -> Given:
    file = tmp_path / "given.yaml"
    file.write_text("---\n".join(texts))
    return read_input([str(file)], environment={"K": "sk-private-4711"}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "what", "told"),
    [
        (f"{EXTERNAL}  data: [{{secretKey: Authorization, remoteRef: {{key: a}}}}]\n", "ExternalSecret nimbus-key", ""),
        (f"{EXTERNAL}  dataFrom: [{{extract: {{key: a}}}}]\n", "ExternalSecret nimbus-key", "check that one is `Auth"),
        (f"{EXTERNAL}  target: {{template: {{data: {{Authorization: '{{{{ .k }}}}'}}}}}}\n  data: [{{secretKey: k}}]\n",
         "ExternalSecret nimbus-key", ""),
        (f"{EXTERNAL}  target: {{template: {{mergePolicy: Merge, data: {{x: y}}}}}}\n"
         "  data: [{secretKey: Authorization}]\n", "ExternalSecret nimbus-key", ""),
        (EXTERNAL.replace("nimbus-key", "ext") + "  target: {name: nimbus-key}\n  data: [{secretKey: Authorization}]\n",
         "ExternalSecret ext", ""),
        (SEALED, "SealedSecret sealed", ""),
        (SOPS, "a Secret encrypted by SOPS", ""),
        (AVP, "a Secret of argocd-vault-plugin", ""),
        (BANK_VAULTS, "a Secret that Vault fills in", ""),
        (VAULT, "VaultStaticSecret v", "check that one is `Authorization`"),
        (ITEM, "OnePasswordItem nimbus-key", "check that one is `Authorization`"),
    ],
)  # fmt: skip
def test_recognised(tmp_path: Path, text: str, what: str, told: str) -> None:
    given = reads(tmp_path, text, REST)
    (one,) = given.recognised
    assert (one.what, str(one.secret)) == (what, "Secret llm/nimbus-key")
    start = FILLED.format("a made-up key")
    assert one.message.startswith(start)
    assert told in one.message.removeprefix(start)
    assert bool(told) == bool(one.message.removeprefix(start))
    (made_up,) = given.made_up
    assert (made_up.keys, made_up.recognised and made_up.recognised.what) == (("Authorization",), what)
    secret = given.manifests.one("Secret")
    assert "sops" not in secret.data
    assert (secret_value(secret.data, "Authorization") or "").startswith("sk-conformance-nimbus-key-")
    assert given.left_out == ()
    assert given_profiles(given.manifests, given.dialect)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"{EXTERNAL}  data:\n  - secretKey: api-key\n", 4, "its keys are `api-key`: secretKey must be that"),
        (SEALED.replace("Authorization", "key"), 4, "its keys are `key`: its name under encryptedData must be that"),
        (SOPS.replace("Authorization", "key"), 4, "its keys are `key`: its name must be that"),
        (f"{EXTERNAL}  target: {{template: {{data: {{x: y}}}}}}\n  data: [{{secretKey: Authorization}}]\n", 4,
         "its keys are `x`"),
    ],
)  # fmt: skip
def test_without_the_key_that_is_looked_for(tmp_path: Path, text: str, line: int, message: str) -> None:
    given = reads(tmp_path, text, REST)
    assert f"Backends look for `Authorization` in it, and {message}" in given.recognised[0].message
    with pytest.raises(InputProblem, match="required, Backend llm/nimbus takes its API key from there") as raised:
        given_profiles(given.manifests, given.dialect)
    assert raised.value.position
    assert raised.value.position.line == line


def test_a_variable_has_the_last_word(tmp_path: Path) -> None:
    given = reads(tmp_path, SEALED, REST, secrets={"nimbus-key": "K"})
    assert secret_value(given.manifests.one("Secret").data, "Authorization") == "sk-private-4711"
    assert given.made_up == ()
    assert [one.message for one in given.recognised] == [FILLED.format("the key of --secret")]


def test_a_secret_that_its_operator_has_made_is_taken_as_it_is(tmp_path: Path) -> None:
    """As `kubectl get externalsecret,secret -o yaml` prints both."""
    made = """\
apiVersion: v1
kind: Secret
metadata:
  name: nimbus-key
  namespace: llm
  ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: nimbus-key, uid: 1-2-3}]
data: {Authorization: c2stcHJpdmF0ZS00NzEx}
"""
    given = reads(tmp_path, f"{EXTERNAL}  data: [{{secretKey: Authorization}}]\n", made, REST)
    secret = given.manifests.one("Secret")
    assert secret_value(secret.data, "Authorization") == "sk-private-4711"
    assert secret.data["metadata"] == {"name": "nimbus-key", "namespace": "llm"}
    assert given.made_up == ()
    assert [one.message for one in given.recognised] == [FILLED.format("the Secret among the manifests")]


def test_a_key_of_another_name_may_be_looked_for(tmp_path: Path) -> None:
    backend = """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: nimbus, namespace: llm}
spec:
  ai: {provider: {openai: {}, host: llm.nimbus.example, port: 443}}
  policies: {auth: {secretRef: {name: nimbus-key, key: api-key}}}
"""
    given = reads(tmp_path, f"{EXTERNAL}  data: [{{secretKey: api-key}}]\n", backend)
    assert "look for" not in given.recognised[0].message
    assert secret_value(given.manifests.one("Secret").data, "api-key")
    assert given_profiles(given.manifests, given.dialect)


def test_what_nobody_refers_to_is_left_out(tmp_path: Path) -> None:
    other = SEALED.replace("nimbus-key", "other").replace("name: sealed", "name: two")
    given = reads(tmp_path, SEALED, other, SOPS.replace("nimbus-key", "third"), REST)
    assert [one.reason for one in given.left_out] == [
        "no Backend refers to Secret llm/other, which it makes",
        "no Backend that is judged refers to it",
    ]
    assert [one.what for one in given.recognised] == ["SealedSecret sealed"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"{EXTERNAL}  data: 5\n", "spec.data"),
        (f"{EXTERNAL}  data: [{{}}]\n", "spec.data[0].secretKey"),
        (f"{EXTERNAL}  target: [x]\n", "spec.target"),
        (f"{EXTERNAL}  target: {{name: 5}}\n", "spec.target.name"),
        (f"{EXTERNAL}  target: {{template: {{data: 5}}}}\n", "spec.target.template.data"),
        (SEALED.replace("{Authorization: AgB4}", "x"), "spec.encryptedData"),
        (SEALED.replace("{metadata: {name: nimbus-key}}", "{metadata: []}"), "spec.template.metadata"),
        (VAULT.replace("{name: nimbus-key, create: true}", "5"), "spec.destination"),
    ],
)
def test_wrong_types(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(InputProblem) as raised:
        reads(tmp_path, text, REST)
    assert (raised.value.field, raised.value.position is not None) == (field, True)


def test_a_file_that_is_encrypted_whole(tmp_path: Path) -> None:
    text = "apiVersion: ENC[AES256_GCM,data:a]\nkind: ENC[AES256_GCM,data:b]\nmetadata: {name: x}\n"
    given = reads(tmp_path, text, REST)
    assert "sops -d FILE" in given.left_out[0].reason
