# Completion of culvert for PowerShell. It asks the program itself: see `culvert completion --help`.

Register-ArgumentCompleter -Native -CommandName culvert -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $program = $elements[0]
    $given = @($elements | Select-Object -Skip 1)
    $current = "$wordToComplete".Trim('"', "'")
    if ($current -ne '' -and $given.Count -gt 0) { $given = @($given | Select-Object -SkipLast 1) }
    $reply = @(& $program completion words "--current=$current" '--' @given 2>$null)
    # Files are PowerShell's own business: it looks for them when nothing is offered.
    if ($reply.Count -lt 2) { return }
    foreach ($line in $reply[1..($reply.Count - 1)]) {
        $value, $text = $line -split "`t", 2
        if (-not $text) { $text = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
    }
}
