#!/usr/bin/env bash
# Builds the last released program (CHANGELOG.md names its commit) once, below artifacts/released, and prints where its Dossier.dll is: the tests
# of an upgrade start it beside the present one. Ends with 3, and says so, where the clone has not its commit.
set -euo pipefail
cd "$(dirname "$0")/.."
commit=$(grep -m1 -oE '^## [0-9.]+, .*commit [0-9a-f]{40}' CHANGELOG.md | grep -oE '[0-9a-f]{40}$')
folder=$PWD/artifacts/released/$commit
mkdir -p "$folder"
exec 9> "$folder.lock"
flock 9
if [ ! -e "$folder/built" ]; then
  if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
    echo "The released program is not built: this clone has no commit $commit. 'git fetch --unshallow' brings it." >&2
    exit 3
  fi

  # What a running build or test hands on would be taken for this one's. And what a build leaves running would keep the lock.
  for name in $(compgen -e | grep -iE '^(msbuild|vstest)' || true); do unset "$name"; done
  rm -rf "$folder"
  mkdir -p "$folder"
  git archive "$commit" | tar -x -C "$folder"
  MSBUILDDISABLENODEREUSE=1 dotnet build --nologo -v q -p:RunAnalyzers=false -p:UseSharedCompilation=false "$folder/src/Dossier" >&2 9>&-
  touch "$folder/built"
fi
echo "$folder/artifacts/bin/Dossier/debug/Dossier.dll"
