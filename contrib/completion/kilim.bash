_kilim()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev= first= second= words= value= i w
	[ "$COMP_CWORD" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD-1]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--dir|--lang) i=$((i + 1)) ;;
		-*) ;;
		*) if [ -z "$first" ]; then first=$w; elif [ -z "$second" ]; then second=$w; fi ;;
		esac
	done
	case $prev in
	--dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--output) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--name) words=''; value=1 ;;
	--territory) words='AL BA ME MK RS XK WB'; value=1 ;;
	--protected) words='yes no'; value=1 ;;
	--listen) words=''; value=1 ;;
	--language) words=''; value=1 ;;
	--place) words=''; value=1 ;;
	--keys) words=''; value=1 ;;
	--writes-day) words=''; value=1 ;;
	--class) words='cso institution observer'; value=1 ;;
	--days) words=''; value=1 ;;
	--wait) words=''; value=1 ;;
	--reason) words='key-lost key-stolen own-wish safety charter-rule'; value=1 ;;
	--note) words=''; value=1 ;;
	--output) words=''; value=1 ;;
	--man) words='kilim.1 kilim.conf.5'; value=1 ;;
	--audience) words='public members cso'; value=1 ;;
	--expires) words=''; value=1 ;;
	--id) words=''; value=1 ;;
	--unset) words=''; value=1 ;;
	--if-stamp) words=''; value=1 ;;
	--author) words=''; value=1 ;;
	--relation) words='self hosted listed'; value=1 ;;
	--method) words='self phone visit document'; value=1 ;;
	esac
	if [ -n "$value" ]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
	fi
	case $cur in
	-*) case "$first $second" in
		'network create') words='--language --keys --writes-day' ;;
		'network show') words='' ;;
		'network log') words='' ;;
		'invite list') words='' ;;
		'invite accept') words='' ;;
		'invite refuse') words='' ;;
		'invite revoke') words='' ;;
		'members admit') words='--name --territory --class' ;;
		'members suspend') words='--reason --note' ;;
		'members reinstate') words='--reason --note' ;;
		'members remove') words='--reason --note' ;;
		'record export') words='--output' ;;
		'config check') words='' ;;
		'config show') words='--origin' ;;
		'organisation add') words='--audience --expires --id --relation --name --territories --alternate_names --description --actor_type --size_class --founded --legal_status --identifiers --email --website --urls --logo --parent --languages --focus_groups --accessibility --contacts --phones --locations --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'organisation edit') words='--unset --if-stamp --audience --expires --relation --name --territories --alternate_names --description --actor_type --size_class --founded --legal_status --identifiers --email --website --urls --logo --parent --languages --focus_groups --accessibility --contacts --phones --locations --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'organisation show') words='' ;;
		'organisation list') words='--own --territory --author --relation --withdrawn' ;;
		'organisation history') words='' ;;
		'organisation verify') words='--method' ;;
		'organisation withdraw') words='' ;;
		'service add') words='--audience --expires --id --organisation --name --description --alternate_name --kind_terms --channels --application_process --eligibility --age_min --age_max --fees --cost_options --languages --interpretation --schedules --service_areas --municipalities --phones --locations --required_documents --capacity --accreditations --accessibility --privacy_notice --emergency --confidential --disclosure --email --website --contacts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'service edit') words='--unset --if-stamp --audience --expires --organisation --name --description --alternate_name --kind_terms --channels --application_process --eligibility --age_min --age_max --fees --cost_options --languages --interpretation --schedules --service_areas --municipalities --phones --locations --required_documents --capacity --accreditations --accessibility --privacy_notice --emergency --confidential --disclosure --email --website --contacts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'service show') words='' ;;
		'service list') words='--own --territory --author --relation --withdrawn' ;;
		'service history') words='' ;;
		'service verify') words='--method' ;;
		'service withdraw') words='' ;;
		'location add') words='--audience --expires --id --disclosure --location_type --name --organisation --territory --municipality --description --address --lat --long --transportation --accessibility --external_id --phones --photos --map --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'location edit') words='--unset --if-stamp --audience --expires --disclosure --location_type --name --organisation --territory --municipality --description --address --lat --long --transportation --accessibility --external_id --phones --photos --map --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'location show') words='' ;;
		'location list') words='--own --territory --author --relation --withdrawn' ;;
		'location history') words='' ;;
		'location verify') words='--method' ;;
		'location withdraw') words='' ;;
		'init'\ *) words='--name --territory --protected --listen --language --place' ;;
		'invite'\ *) words='--territory --class --auto --days' ;;
		'join'\ *) words='--wait' ;;
		'help'\ *) words='--man' ;;
		esac
		words="$words --dir --json --plain --dry-run --lang --no-input --yes --help"
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return ;;
	esac
	case $first in
	'') words='init network invite join status peers sync doctor members record config version help completion organisation service location' ;;
	help) [ -z "$second" ] && words='init network invite join status peers sync doctor members record config version help completion organisation service location exit' ;;
	completion) words='bash zsh fish' ;;
	network) [ -z "$second" ] && words='create show log' ;;
	invite) [ -z "$second" ] && words='list accept refuse revoke' ;;
	members) [ -z "$second" ] && words='admit suspend reinstate remove' ;;
	record) [ -z "$second" ] && words='export' ;;
	config) [ -z "$second" ] && words='check show' ;;
	organisation) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	service) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	location) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	esac
	if [ -n "$words" ]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -F _kilim kilim
