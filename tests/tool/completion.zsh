#!/bin/zsh -f
# SPDX-License-Identifier: GPL-2.0-only
# completion.zsh LINE: what an interactive zsh makes of the line when the tab key is
# pressed at its end.
zmodload zsh/zpty
zpty shell zsh -f -i

# What the shell has said when it has said something like $1.
await() {
	local text output=
	while zpty -r shell text; do
		output+=$text
		[[ $output == *${~1}* ]] && break
	done
	print -r -- $output
}

zpty -w shell 'PS1= RPS1= PROMPT_EOL_MARK=; fpath=(tools/completion $fpath)'
zpty -w shell 'autoload -U compinit; compinit -u -D; setopt no_always_last_prompt no_list_beep'
zpty -w shell 'show() { print; print -r -- "[buffer:$BUFFER]"; BUFFER=; zle accept-line; }'
zpty -w shell 'zle -N show; bindkey "^X" show; bindkey "^I" complete-word; print re""ady'
await ready >/dev/null
zpty -w -n shell $1$'\t'$'\x18'
await '\[buffer:*\]' | tr -d '\r' | sed -n 's/.*\[buffer:\(.*\)\].*/\1/p' | tail -n 1
zpty -d shell
