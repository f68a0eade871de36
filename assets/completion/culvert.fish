# Completion of culvert for fish. It asks the program itself: see `culvert completion --help`.

function __culvert_complete
    set -l given (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $given[1])
    set -l reply ($program completion words "--current=$current" -- $given[2..-1] 2>/dev/null)
    printf '%s\n' $reply[2..-1]
    switch "$reply[1]"
        case files folders
            set -l before (string match -r -- '^(?:--[^=]*=)?(?:file:)?' $current)
            set -l rest (string sub -s (math (string length -- "$before") + 1) -- $current)
            set -l found
            if test $reply[1] = folders
                set found (__fish_complete_directories "$rest" '')
            else
                set found (__fish_complete_path "$rest" '')
            end
            for path in $found
                echo -- "$before$path"
            end
    end
end

complete -c culvert -e
complete -c culvert -f -a '(__culvert_complete)'
