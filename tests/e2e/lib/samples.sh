# samples.sh - sourced by scripts about all kinds: one entry of each, that says much.
#
#   samples OWN KEY ORG SERVICE   writes $work/kinds/KIND for every kind: OWN is the writer's organisation entry (its id),
#                                 KEY, ORG, SERVICE are another member, its organisation entry (id) and service (KEY/id)
#   needs_for_samples NODE        adds what they refer to: a taxonomy "kept" with a term "legal-aid"
#   all_kinds NODE                the words of every kind that people enter; each must have a sample
sample() {
	tr -d '\n' >"$work/kinds/$1"
}

samples() {
	own=$1 key=$2 org=$3 service=$4
	mkdir -p "$work/kinds"
	echo '{"relation":"listed","name":{"en":"Another"},"territories":["RS"]}' | sample organisation
	echo "{\"organisation\":\"$own\",\"name\":{\"en\":\"Line\"},\"description\":{\"en\":\"Advice.\"},\"languages\":[\"srp\"],
	    \"service_areas\":[\"RS\"]}" | sample service
	echo '{"name":{"en":"Rooms"},"territory":"RS","municipality":"Izmišljevo"}' | sample location
	echo "{\"organisation\":\"$own\",\"name\":{\"en\":\"Programme\"},\"description\":{\"en\":\"D\"},\"partners\":[\"$key/$org\"]}" |
	    sample program
	echo '{"code":"XX-1","names":{"sr-Latn":"Izmišljevo","sr-Cyrl":"Измишљево"},"territory":"RS","level":"municipality"}' | sample place
	echo '{"code":"made-up","name":{"en":"Topics"},"description":{"en":"D"}}' | sample taxonomy
	echo '{"taxonomy":"kept","code":"gone","name":{"en":"A term"},"parent":"legal-aid","synonyms":[{"language":"sq","words":["fjalë"]}]}' |
	    sample term
	echo "{\"title\":{\"en\":\"After violence\"},\"situation\":[\"domestic-violence\"],\"territory\":\"RS\",\"steps\":[
	    {\"n\":1,\"action\":{\"en\":\"Ask.\"},\"organisation\":\"$own\",\"consent_needed\":false,\"fallback\":2},
	    {\"n\":2,\"action\":{\"en\":\"Call.\"},\"service\":\"$service\",\"consent_needed\":true,\"out_of_hours_phone\":\"116000\"}],
	    \"topics\":[\"legal-aid\"]}" | sample pathway
	echo "{\"subject\":\"$key\",\"statement\":{\"en\":\"They trained us.\"},\"evidence\":[\"visited\"]}" | sample endorsement
	echo "{\"severity\":\"warning\",\"text\":{\"en\":\"Closed on Monday.\"},\"until\":\"2040-01-01\",\"about\":\"$service\"}" | sample notice
	echo "{\"about\":\"$service\",\"reason\":\"correct\",\"confirmed\":\"phone\"}" | sample flag
	echo "{\"about\":\"$service\",\"what\":\"mine\",\"own\":\"$own\"}" | sample claim
	echo "{\"about\":\"$service\",\"tag\":\"en\",\"texts\":[{\"field\":\"name\",\"text\":\"Line\"}],\"provenance\":\"none\"}" | sample translation
	echo '{"category":"equipment","item":{"en":"laptops"},"quantity":6,"until":"2040-01-01","territory":"RS","topics":["legal-aid"]}' |
	    sample need
	echo '{"category":"equipment","item":{"en":"laptops"},"quantity":9,"until":"2040-01-01","basis":"gift"}' | sample offer
	echo "{\"organisation\":\"$own\",\"title\":{\"en\":\"Safe phones\"},\"languages\":[\"srp\"],\"trainer\":true}" | sample expertise
	echo '{"title":{"en":"Training"},"type":"training","start":"2040-05-04T08:00:00Z","mode":"onsite","municipality":"Izmišljevo"}' |
	    sample event
	echo '{"type":"grant","title":{"en":"Grants"},"body":{"en":"B"},"funder":"Made-up Fund","deadline":"2040-01-01","territories":["RS"],
	    "link":"https://example.org"}' | sample opportunity
	echo '{"title":{"en":"Forum"},"text":{"en":"Every two years."}}' | sample initiative
	echo "{\"parent\":\"$service\",\"text\":{\"en\":\"Thank you.\"}}" | sample comment
	echo "{\"name\":{\"en\":\"Working group\"},\"purpose\":{\"en\":\"P\"},\"members\":[\"$own\",\"$key/$org\"]}" | sample group
	echo '{"title":{"en":"A workshop"},"text":{"en":"It began with one machine."},"consent_scope":"members","withdraw_by":"2040-01-01",
	    "consent":{"given":true,"from":"herself"}}' | sample story
}

needs_for_samples() {
	echo '{"code":"kept","name":{"en":"Kept topics"}}' | k "$1" taxonomy add - --json >"$work/out"
	# One file: a term may name a term before it by its code.
	printf '%s\n%s\n' '{"taxonomy":"kept","code":"law","name":{"en":"law"}}' \
	    '{"taxonomy":"kept","code":"legal-aid","name":{"en":"legal aid"},"parent":"law"}' |
	    k "$1" term add - --json >"$work/out"
}

all_kinds() {
	curl -sS --unix-socket "$work/$1/control" http://kilim/v1/kinds >"$work/table"
	for word in $(jq -r 'to_entries[] | select(.value.internal | not) | .key' "$work/table"); do
		[ -s "$work/kinds/$word" ] || bad "there is no sample of a $word"
		echo "$word"
	done
}
