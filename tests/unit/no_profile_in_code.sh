#!/bin/sh
# A profile is data: the name of none stands in the program, not even in a comment. "standard"
# is a word of its own, so it is looked for as a C string.
cd "$1" || exit 2
found=0
for file in profiles/*.json; do
    name=$(basename "$file" .json)
    pattern="$name"
    [ "$name" = standard ] && pattern='"standard"'
    if grep -rniF --include='*.c' --include='*.h' -e "$pattern" src; then
        echo "src names the profile $name" >&2
        found=1
    fi
done
[ -e profiles/standard.json ] || { echo "there are no profiles" >&2; exit 2; }
exit $found
