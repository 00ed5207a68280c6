# Completion of capuchin for fish, as `capuchin completions fish` prints it.
# Put it into ~/.config/fish/completions/capuchin.fish.

# What `capuchin complete` offers for a line, with the flags that choose whose catalogue is asked.
function __capuchin_offer
    set -l words (commandline -opc)
    set -l program $words[1]
    set -l own
    set -l asked
    set -l flag
    for word in $words[2..-1]
        if test -n "$flag"
            if string match -qr -- '^(-c|--config|-p|--profile|--url)$' $flag
                set -a own $flag (string replace -r -- '^~/' "$HOME/" $word)
            end
            set flag
            continue
        end
        if string match -qr -- '^(-c|--config|-p|--profile|-o|--output|--url|-f|--file|--var)$' $word
            set flag $word
        else if string match -qr -- '^(--config=|--profile=|--url=)' $word
            set -a own $word
        else if not string match -qr -- '^(--keep-going$|-h$|--help$|-V$|--version$|--output=|--file=|--var=)' $word
            set -a asked (string escape -- $word)
        end
    end
    if set -q argv[1]
        set asked $argv (commandline -ct | string replace -r -- '^--[a-z-]+=' '')
        command $program $own complete "$asked" 2>/dev/null
        return
    end
    set -l cur (commandline -ct)
    set -a asked $cur
    set -l lead (string match -r -- '^[^=]+=' $cur)
    if string match -qr -- '^(file=|[^=]+=@)' $cur
        set lead (string match -r -- '^(?:file=|[^=]+=@)' $cur)
        __fish_complete_path (string replace -- $lead '' $cur) | string replace -r -- '^' $lead
        return
    end
    command $program $own complete "$asked" 2>/dev/null | string replace -r -- '^' "$lead"
end

complete -c capuchin -f
complete -c capuchin -a '(__capuchin_offer)' -k
complete -c capuchin -s c -l config -r -F -d 'The configuration file [default: ~/.config/capuchin/config.toml]'
complete -c capuchin -s p -l profile -x -a '(__capuchin_offer profile use )' -d 'The profile to use'
complete -c capuchin -s o -l output -x -a '(__capuchin_offer set output )' -d 'The output form: auto, table, wide, text, column, json, jsonl, csv, yaml, xml, raw or chart'
complete -c capuchin -l url -x -d 'The address of the API, in place of the profile\'s'
complete -c capuchin -s f -l file -r -F -d 'Run the commands in a file'
complete -c capuchin -l var -x -d 'Set a variable, for the lines of a script (may be given several times)'
complete -c capuchin -l keep-going -d 'In a script, go on after a failure and end with the first one\'s status'
complete -c capuchin -s h -l help -d 'Print help'
complete -c capuchin -s V -l version -d 'Print version'
