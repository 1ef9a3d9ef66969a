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
	--kind) words=''; value=1 ;;
	--near) words=''; value=1 ;;
	--radius) words=''; value=1 ;;
	--speaks) words=''; value=1 ;;
	--text-lang) words=''; value=1 ;;
	--topic) words=''; value=1 ;;
	--channel) words='phone sms web chat email video in-person outreach'; value=1 ;;
	--access) words=''; value=1 ;;
	--limit) words=''; value=1 ;;
	--page) words=''; value=1 ;;
	--output) words=''; value=1 ;;
	--by) words='kind territory topic place language channel accessibility freshness organisation home'; value=1 ;;
	--where) words=''; value=1 ;;
	--at) words=''; value=1 ;;
	--from) words=''; value=1 ;;
	--to) words=''; value=1 ;;
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
		'report 3w') words='--where --at --csv' ;;
		'report gaps') words='--topic --by --where --at --csv' ;;
		'report coverage') words='--from --to --where --at --csv' ;;
		'report stale') words='--where --at --csv' ;;
		'report donor') words='--from --to' ;;
		'config check') words='' ;;
		'config show') words='--origin' ;;
		'organisation add') words='--audience --expires --id --relation --name --territories --alternate_names --description --actor_type --size_class --founded --legal_status --identifiers --email --website --urls --logo --parent --languages --focus_groups --accessibility --contacts --phones --locations --funding --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'organisation edit') words='--unset --if-stamp --audience --expires --relation --name --territories --alternate_names --description --actor_type --size_class --founded --legal_status --identifiers --email --website --urls --logo --parent --languages --focus_groups --accessibility --contacts --phones --locations --funding --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'organisation show') words='' ;;
		'organisation list') words='--own --territory --author --relation --withdrawn' ;;
		'organisation history') words='' ;;
		'organisation verify') words='--method' ;;
		'organisation withdraw') words='' ;;
		'service add') words='--audience --expires --id --organisation --name --description --alternate_name --kind_terms --channels --application_process --eligibility --age_min --age_max --fees --cost_options --languages --interpretation --schedules --service_areas --municipalities --phones --locations --required_documents --capacity --accreditations --accessibility --privacy_notice --emergency --confidential --disclosure --email --website --contacts --program --urls --at_locations --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'service edit') words='--unset --if-stamp --audience --expires --organisation --name --description --alternate_name --kind_terms --channels --application_process --eligibility --age_min --age_max --fees --cost_options --languages --interpretation --schedules --service_areas --municipalities --phones --locations --required_documents --capacity --accreditations --accessibility --privacy_notice --emergency --confidential --disclosure --email --website --contacts --program --urls --at_locations --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
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
		'program add') words='--audience --expires --id --organisation --name --description --alternate_name --funders --starts --ends --territories --partners --website --topics --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'program edit') words='--unset --if-stamp --audience --expires --organisation --name --description --alternate_name --funders --starts --ends --territories --partners --website --topics --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'program show') words='' ;;
		'program list') words='--own --territory --author --relation --withdrawn' ;;
		'program history') words='' ;;
		'program verify') words='--method' ;;
		'program withdraw') words='' ;;
		'place add') words='--audience --expires --id --code --names --territory --level --parent --code_status --alternate_names --identifiers --footnote --lat --long --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'place edit') words='--unset --if-stamp --audience --expires --code --names --territory --level --parent --code_status --alternate_names --identifiers --footnote --lat --long --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'place show') words='' ;;
		'place list') words='--own --territory --author --relation --withdrawn' ;;
		'place history') words='' ;;
		'place verify') words='--method' ;;
		'place withdraw') words='' ;;
		'taxonomy add') words='--audience --expires --id --code --name --description --uri --version --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'taxonomy edit') words='--unset --if-stamp --audience --expires --code --name --description --uri --version --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'taxonomy show') words='' ;;
		'taxonomy list') words='--own --territory --author --relation --withdrawn' ;;
		'taxonomy history') words='' ;;
		'taxonomy verify') words='--method' ;;
		'taxonomy withdraw') words='' ;;
		'term add') words='--audience --expires --id --taxonomy --code --name --description --parent --synonyms --safety --uri --version --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'term edit') words='--unset --if-stamp --audience --expires --taxonomy --code --name --description --parent --synonyms --safety --uri --version --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'term show') words='' ;;
		'term list') words='--own --territory --author --relation --withdrawn' ;;
		'term history') words='' ;;
		'term verify') words='--method' ;;
		'term withdraw') words='' ;;
		'pathway add') words='--audience --expires --id --title --situation --territory --municipality --description --legal_basis --steps --reviewed_by_team --printable --topics --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'pathway edit') words='--unset --if-stamp --audience --expires --title --situation --territory --municipality --description --legal_basis --steps --reviewed_by_team --printable --topics --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'pathway show') words='' ;;
		'pathway list') words='--own --territory --author --relation --withdrawn' ;;
		'pathway history') words='' ;;
		'pathway verify') words='--method' ;;
		'pathway withdraw') words='' ;;
		'endorsement add') words='--audience --expires --id --subject --statement --since --evidence --accepts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'endorsement edit') words='--unset --if-stamp --audience --expires --subject --statement --since --evidence --accepts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'endorsement show') words='' ;;
		'endorsement list') words='--own --territory --author --relation --withdrawn' ;;
		'endorsement history') words='' ;;
		'endorsement verify') words='--method' ;;
		'endorsement withdraw') words='' ;;
		'notice add') words='--audience --expires --id --severity --text --until --area --municipalities --about --phones --url --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'notice edit') words='--unset --if-stamp --audience --expires --severity --text --until --area --municipalities --about --phones --url --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'notice show') words='' ;;
		'notice list') words='--own --territory --author --relation --withdrawn' ;;
		'notice history') words='' ;;
		'notice verify') words='--method' ;;
		'notice withdraw') words='' ;;
		'flag add') words='--audience --expires --id --about --reason --confirmed --phone --duplicate_of --remark --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'flag edit') words='--unset --if-stamp --audience --expires --about --reason --confirmed --phone --duplicate_of --remark --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'flag show') words='' ;;
		'flag list') words='--own --territory --author --relation --withdrawn' ;;
		'flag history') words='' ;;
		'flag verify') words='--method' ;;
		'flag withdraw') words='' ;;
		'claim add') words='--audience --expires --id --about --what --own --on_behalf --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'claim edit') words='--unset --if-stamp --audience --expires --about --what --own --on_behalf --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'claim show') words='' ;;
		'claim list') words='--own --territory --author --relation --withdrawn' ;;
		'claim history') words='' ;;
		'claim verify') words='--method' ;;
		'claim withdraw') words='' ;;
		'translation add') words='--audience --expires --id --about --source_record --tag --texts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'translation edit') words='--unset --if-stamp --audience --expires --about --source_record --tag --texts --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'translation show') words='' ;;
		'translation list') words='--own --territory --author --relation --withdrawn' ;;
		'translation history') words='' ;;
		'translation verify') words='--method' ;;
		'translation withdraw') words='' ;;
		'need add') words='--audience --expires --id --category --item --quantity --unit --until --stage --territory --municipality --rural --description --urgency --for_group --accessibility_need --topics --languages --organisation --matched_with --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'need edit') words='--unset --if-stamp --audience --expires --category --item --quantity --unit --until --stage --territory --municipality --rural --description --urgency --for_group --accessibility_need --topics --languages --organisation --matched_with --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'need show') words='' ;;
		'need list') words='--own --territory --author --relation --withdrawn' ;;
		'need history') words='' ;;
		'need verify') words='--method' ;;
		'need withdraw') words='' ;;
		'offer add') words='--audience --expires --id --category --item --quantity --unit --until --stage --territory --municipality --description --condition --basis --delivery_area --available_from --terms --reserved_qty --reserved_for --for_group --accessibility --topics --languages --organisation --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'offer edit') words='--unset --if-stamp --audience --expires --category --item --quantity --unit --until --stage --territory --municipality --description --condition --basis --delivery_area --available_from --terms --reserved_qty --reserved_for --for_group --accessibility --topics --languages --organisation --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'offer show') words='' ;;
		'offer list') words='--own --territory --author --relation --withdrawn' ;;
		'offer history') words='' ;;
		'offer verify') words='--method' ;;
		'offer withdraw') words='' ;;
		'expertise add') words='--audience --expires --id --organisation --title --languages --topics --level --formats --hours_per_month --trainer --references --description --territories --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'expertise edit') words='--unset --if-stamp --audience --expires --organisation --title --languages --topics --level --formats --hours_per_month --trainer --references --description --territories --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'expertise show') words='' ;;
		'expertise list') words='--own --territory --author --relation --withdrawn' ;;
		'expertise history') words='' ;;
		'expertise verify') words='--method' ;;
		'expertise withdraw') words='' ;;
		'event add') words='--audience --expires --id --title --type --start --mode --end --timezone --description --territory --municipality --venue --location --link --organisers --for_group --languages --capacity --fee --registration --registration_url --series --materials --accessibility --childcare --participants --followups --topics --contacts --website --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'event edit') words='--unset --if-stamp --audience --expires --title --type --start --mode --end --timezone --description --territory --municipality --venue --location --link --organisers --for_group --languages --capacity --fee --registration --registration_url --series --materials --accessibility --childcare --participants --followups --topics --contacts --website --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'event show') words='' ;;
		'event list') words='--own --territory --author --relation --withdrawn' ;;
		'event history') words='' ;;
		'event verify') words='--method' ;;
		'event withdraw') words='' ;;
		'opportunity add') words='--audience --expires --id --type --title --body --funder --deadline --territories --link --amount --size_classes --languages --topics --for_group --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'opportunity edit') words='--unset --if-stamp --audience --expires --type --title --body --funder --deadline --territories --link --amount --size_classes --languages --topics --for_group --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'opportunity show') words='' ;;
		'opportunity list') words='--own --territory --author --relation --withdrawn' ;;
		'opportunity history') words='' ;;
		'opportunity verify') words='--method' ;;
		'opportunity withdraw') words='' ;;
		'initiative add') words='--audience --expires --id --title --text --stage --seeks --partners --territories --topics --url --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'initiative edit') words='--unset --if-stamp --audience --expires --title --text --stage --seeks --partners --territories --topics --url --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'initiative show') words='' ;;
		'initiative list') words='--own --territory --author --relation --withdrawn' ;;
		'initiative history') words='' ;;
		'initiative verify') words='--method' ;;
		'initiative withdraw') words='' ;;
		'comment add') words='--audience --expires --id --parent --text --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'comment edit') words='--unset --if-stamp --audience --expires --parent --text --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'comment show') words='' ;;
		'comment list') words='--own --territory --author --relation --withdrawn' ;;
		'comment history') words='' ;;
		'comment verify') words='--method' ;;
		'comment withdraw') words='' ;;
		'group add') words='--audience --expires --id --name --purpose --members --chair --outputs --territories --topics --meets --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'group edit') words='--unset --if-stamp --audience --expires --name --purpose --members --chair --outputs --territories --topics --meets --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'group show') words='' ;;
		'group list') words='--own --territory --author --relation --withdrawn' ;;
		'group history') words='' ;;
		'group verify') words='--method' ;;
		'group withdraw') words='' ;;
		'story add') words='--audience --expires --id --title --text --pseudonym --consent_scope --withdraw_by --photo --topics --territory --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'story edit') words='--unset --if-stamp --audience --expires --title --text --pseudonym --consent_scope --withdraw_by --photo --topics --territory --last_verified --verified_by --method --source --provenance --checked_by --tags --alert --status --valid_from --valid_until --note --consent --attributes --verify_every' ;;
		'story show') words='' ;;
		'story list') words='--own --territory --author --relation --withdrawn' ;;
		'story history') words='' ;;
		'story verify') words='--method' ;;
		'story withdraw') words='' ;;
		'init'\ *) words='--name --territory --protected --listen --language --place' ;;
		'invite'\ *) words='--territory --class --auto --days' ;;
		'join'\ *) words='--wait' ;;
		'find'\ *) words='--kind --territory --place --near --radius --speaks --text-lang --topic --channel --access --open --fresh --limit --page' ;;
		'query'\ *) words='--by --where --at --csv' ;;
		'help'\ *) words='--man' ;;
		esac
		words="$words --dir --json --plain --dry-run --lang --no-input --yes --help"
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return ;;
	esac
	case $first in
	'') words='init network invite join status peers sync doctor members find record query report config version help completion organisation service location program place taxonomy term pathway endorsement notice flag claim translation need offer expertise event opportunity initiative comment group story' ;;
	help) [ -z "$second" ] && words='init network invite join status peers sync doctor members find record query report config version help completion organisation service location program place taxonomy term pathway endorsement notice flag claim translation need offer expertise event opportunity initiative comment group story exit' ;;
	completion) words='bash zsh fish' ;;
	network) [ -z "$second" ] && words='create show log' ;;
	invite) [ -z "$second" ] && words='list accept refuse revoke' ;;
	members) [ -z "$second" ] && words='admit suspend reinstate remove' ;;
	record) [ -z "$second" ] && words='export' ;;
	report) [ -z "$second" ] && words='3w gaps coverage stale donor' ;;
	config) [ -z "$second" ] && words='check show' ;;
	organisation) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	service) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	location) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	program) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	place) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	taxonomy) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	term) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	pathway) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	endorsement) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	notice) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	flag) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	claim) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	translation) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	need) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	offer) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	expertise) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	event) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	opportunity) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	initiative) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	comment) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	group) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	story) [ -z "$second" ] && words='add edit show list history verify withdraw' ;;
	esac
	if [ -n "$words" ]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -F _kilim kilim
