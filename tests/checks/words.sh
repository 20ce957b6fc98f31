# check: texts use plain words
#
# Fails on words of a private or literary manner in comments, strings and documents, and on comments whose subject is a question word.
# ALLOWED lists paths that are not rewritten yet, each with a reason.
set -euo pipefail
cd "$(dirname "$0")/../.."
words='whoever|whatever|foretold|foretell|so many|so much|is told|are told|in vain|look again'
words+='|a [a-z]+ of its own|[a-z]+s of their own|one that is to|one that is none|that is none|nobody is told|what came of it|held against|holds? it against|came of|asked the other way|stands for it|is no longer there|as it came'
# `/// Who calls.`: a noun is the subject of a comment. `Whether` is allowed for conditions.
openings='^[[:space:]]*(///?|//!|#|--)[[:space:]]+(Who|Whom|Whose|What|Where|How long|How many|As many|So many|So that|Nobody|Somebody|Everybody) '
# Paths that are not rewritten yet, as a pattern of the whole path. Remove a line when its folder is done.
allowed=(
    'tests/checks/words\.sh'                                   # contains the words
)
pattern=$(IFS='|'; printf '%s' "${allowed[*]}")
files=$(git ls-files -- '*.rs' '*.proto' '*.md' '*.sql' '*.py' '*.sh' '*.yaml' '*.toml' '*.csv' 'deploy/*' 'tests/run' 'tests/postgres' | sort -u | grep -vE "^($pattern)$")
found=$(printf '%s\n' "$files" | xargs grep -nEiw "$words" || true; printf '%s\n' "$files" | grep -E '\.(rs|proto|sql|py|sh|yaml)$' | xargs grep -nE "$openings" || true)
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    echo "write these in plain words: name the subject, use an active verb"
    exit 1
fi
echo "no such word outside of the paths that are still to be rewritten"
