# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion of wsync

# _wsync_names PREFIX: names of objects that begin with it, a line each
_wsync_names() {
	local name
	while IFS= read -r name; do
		[[ $name == "$1"* ]] && printf '%s\n' "$name"
		# What is in Local need not say so.
		[[ $name == $'Local\\'* && ${name#$'Local\\'} == "$1"* ]] &&
			printf '%s\n' "${name#$'Local\\'}"
	done < <(wsync ls --plain 2>/dev/null)
}

# A name is inserted as the user has begun to quote it; and what bash replaces begins
# behind the last of COMP_WORDBREAKS, three of which can be in a name.
_wsync_reply() {
	local prefix=$1 raw=$2 name
	while IFS= read -r name; do
		case $raw in
		# Names come from anybody: inside the quotes each has to be text, not the
		# end of the quotes or a command. Others are for who begins without quotes.
		\'*) [[ $name == *\'* ]] && continue ;;
		\"*) [[ $name == *[\"\$\`\!]* ]] && continue ;;
		*[:=@]*)
			printf -v name %q "$name"
			name=${name#"${raw%"${raw##*[:=@]}"}"}
			;;
		*) printf -v name %q "$name" ;;
		esac
		COMPREPLY+=("$name")
	done < <(_wsync_names "${prefix#[\'\"]}")
}

_wsync() {
	local line=${COMP_LINE:0:COMP_POINT} words word current raw command names=0 need i
	local commands='lock run create timer wait set reset pulse release post ls top watch
		deadlock info'
	COMPREPLY=()
	# Without -r: a backslash quotes here as it does on the command line.
	# shellcheck disable=SC2162
	read -a words <<<"$line"
	raw=${line##*[[:space:]]}
	[[ $line == *[[:space:]] ]] && words+=('')
	current=${words[${#words[@]} - 1]}
	# Inside quotes a backslash is one; only another one behind it quotes it inside ".
	case $raw in
	\'*) current=$raw ;;
	\"*) current=${raw//\\\\/\\} ;;
	esac

	if ((${#words[@]} <= 2)); then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
		return
	fi
	command=${words[1]}
	case $command in
	lock | run | timer) need=1 ;;
	create) need=2 ;;
	esac

	# How many names there are before this word.
	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		case $word in
		-t | -E | -j | -c | -d | -i | -o | --timeout | --conflict-exit-code | --jobs | --count | \
			--delay | --interval | --output | --mode | --max | --every | --after) ((i++)) ;;
		-*) ;;
		*) ((names++)) ;;
		esac
	done
	case ${words[${#words[@]} - 2]} in
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -W 'ID TYPE NAME STATE OWNER WAITERS WAITING
			LONGEST HANDLES AGE USER MODE SIGNALS ACQUIRED ABANDONED' -- "$current")
		return
		;;
	-t | -E | -j | -c | -d | -i | --timeout | --conflict-exit-code | --jobs | --count | \
		--delay | --interval | --mode | --max | --every | --after) return ;;
	esac

	if [[ -n ${need:-} ]] && ((names >= need)); then
		if ((names == need)); then
			mapfile -t COMPREPLY < <(compgen -c -- "$current")
		else
			compopt -o default 2>/dev/null
		fi
		return
	fi
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(wsync "$command" --help 2>/dev/null |
			grep -oE -- '--[a-z-]+' | sort -u)" -- "$current")
		return
	fi
	case $command in
	create)
		if ((names == 0)); then
			mapfile -t COMPREPLY < <(compgen -W 'event mutex semaphore' -- "$current")
			return
		fi
		;;
	top | deadlock | info) return ;;
	set | reset | pulse | release | post | watch)
		((names == 0)) || return
		;;
	esac
	_wsync_reply "$current" "$raw"
}

complete -F _wsync wsync
