# Completion of culvert for bash. It asks the program itself: see `culvert completion --help`.

_culvert() {
  # bash splits words at = and : as well; here they are put together again, up to the cursor.
  local line=${COMP_LINE:0:COMP_POINT} piece gap
  local -a words=()
  for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    gap=${line%%[^[:space:]]*}
    line=${line#"$gap"}
    if [[ ${#words[@]} -eq 0 || -n $gap ]]; then words+=(''); fi
    piece=${piece:0:${#line}}
    words[${#words[@]}-1]+=$piece
    line=${line#"$piece"}
  done
  local current=${words[${#words[@]}-1]}
  current=${current#[\"\']}
  local program=${words[0]/#\~/$HOME}
  # What bash takes for the current word begins behind the last = or :.
  local before='' separators='' rest
  [[ $COMP_WORDBREAKS == *=* ]] && separators+='='
  [[ $COMP_WORDBREAKS == *:* ]] && separators+=':'
  [[ -n $separators && $current == *["$separators"]* ]] && before=${current%"${current##*["$separators"]}"}

  local kind='' value text
  COMPREPLY=()
  while IFS=$'\t' read -r value text; do
    if [[ -z $kind ]]; then kind=$value; else COMPREPLY+=("${value#"$before"}"); fi
  done < <("$program" completion words "--current=$current" -- "${words[@]:1:${#words[@]}-2}" 2>/dev/null)

  case $kind in
    files | folders)
      rest=$current
      [[ $rest == --*=* ]] && rest=${rest#*=}
      rest=${rest#file:}
      local option=-f
      [[ $kind == folders ]] && option=-d
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$option" -- "${rest/#\~\//$HOME/}")
      ;;
    *)
      [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
      ;;
  esac
}

complete -F _culvert culvert
