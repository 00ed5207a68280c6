# Completion of capuchin for bash, as `capuchin completions bash` prints it.
# Load it from ~/.bashrc, or put it into ~/.local/share/bash-completion/completions/capuchin.

_capuchin() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word gap i n=-1
    # Bash takes words apart at = and :, which are parts of them here.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        if [[ -n $gap || $n -lt 0 ]]; then
            n=$((n + 1))
            words[n]=
        fi
        [[ $line == "$word"* ]] || word=$line
        line=${line#"$word"}
        words[n]+=$word
    done

    # The program's own flags choose whose catalogue is asked; the other words are the line.
    local cur=${words[n]} own=() asked= flag= plain
    for ((i = 1; i < n; i++)); do
        word=${words[i]}
        plain=${word//[\"\'\\]/}
        plain=${plain/#\~\//$HOME/}
        if [[ -n $flag ]]; then
            case $flag in
                -c|--config|-p|--profile|--url) own+=("$flag" "$plain") ;;
            esac
            flag=
            continue
        fi
        case $word in
            -c|--config|-p|--profile|-o|--output|--url|-f|--file|--var) flag=$word ;;
            --config=*|--profile=*|--url=*) own+=("$plain") ;;
            --keep-going|-h|--help|-V|--version|--output=*|--file=*|--var=*) ;;
            *) asked+="$word " ;;
        esac
    done

    local lead= typed=$cur paths= flags=()
    if [[ -z $flag && $cur == --*=* ]]; then
        case ${cur%%=*} in
            -c|--config|-p|--profile|-o|--output|--url|-f|--file|--var) flag=${cur%%=*} ;;
        esac
    fi
    if [[ -n $flag && $cur == "$flag"=* ]]; then
        typed=${cur#*=}
        lead=$flag=
    elif [[ $cur == *=* && $cur != -*=*=* ]]; then
        lead=${cur%%=*}=
    fi
    case $flag in
        '')
            asked+=$cur
            if [[ $cur == -* && $cur != *=* ]]; then
                while read -r word; do
                    flags+=("$word")
                done < <(compgen -W '--config --file --help --keep-going --output --profile --url --var --version -V -c -f -h -o -p' -- "$cur")
            fi
            case $cur in
                *=@*) paths=1 typed=${cur#*=@} lead=${cur%%=@*}=@ ;;
                file=*) paths=1 typed=${cur#*=} ;;
            esac
            ;;
        -p|--profile) asked="profile use $typed" ;;
        -o|--output) asked="set output $typed" ;;
        -c|--config|-f|--file) paths=1 ;;
        *) return ;;
    esac

    # What is left of the word after the last place at which bash takes it apart.
    local cut= break
    for break in = :; do
        if [[ $COMP_WORDBREAKS == *"$break"* && $cur == *"$break"* ]]; then
            word=${cur%"${cur##*"$break"}"}
            [[ ${#word} -gt ${#cut} ]] && cut=$word
        fi
    done

    local value label same=1 open= replies=() shown=()
    while IFS=$'\t' read -r value label; do
        word=$lead$value
        [[ -n $value && $word == "$cut"* ]] || continue
        [[ $word == "$cur"* ]] || same=
        [[ $word == *[=./] ]] && open=1
        word=${word#"$cut"}
        [[ $word == *[^[:alnum:]_=.,:/@%+-]* && $cur != *[\"\']* ]] && printf -v word %q "$word"
        replies+=("$word")
        shown+=("$word${label:+  ($label)}")
    done < <(
        if [[ -n $paths ]]; then
            while read -r word; do
                if [[ -d $word ]]; then printf '%s/\n' "$word"; else printf '%s\n' "$word"; fi
            done < <(compgen -f -- "$typed")
        else
            printf '%s\n' ${flags[@]+"${flags[@]}"}
            "${1/#\~\//$HOME/}" ${own[@]+"${own[@]}"} complete "$asked" 2>/dev/null
        fi
    )
    case $cur in
        filter=* | exclude=* | sort=*) open=1 ;;
    esac
    [[ -n $open ]] && compopt -o nospace 2>/dev/null

    COMPREPLY=()
    if [[ ${#replies[@]} -gt 1 && $COMP_TYPE == 63 ]]; then
        COMPREPLY=("${shown[@]}")
    elif [[ ${#replies[@]} -eq 1 || -n $same ]]; then
        # Several that match by their names and not by how they begin are only listed.
        COMPREPLY=(${replies[@]+"${replies[@]}"})
    fi
}
complete -o nosort -F _capuchin capuchin 2>/dev/null || complete -F _capuchin capuchin
