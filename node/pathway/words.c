#include "node/pathway/words.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* English first: it stands in for every language without words. */
static const struct words languages[] = {
	{ "en", false, {
		[PHRASE_DANGER] = "In danger call", [PHRASE_NO_EMERGENCY] = "No emergency number is known here. Ask for it now, before it is needed.",
		[PHRASE_HOLDS_IN] = "Holds in", [PHRASE_PRINTED] = "Printed on", [PHRASE_CHECK_BY] = "Check by",
		[PHRASE_REVIEWED] = "Gone through by the team on", [PHRASE_STEP] = "Step %s", [PHRASE_WHO] = "Who",
		[PHRASE_OF] = "Of", [PHRASE_CALL] = "Call", [PHRASE_CONTACT] = "Ask for",
		[PHRASE_WITHIN_HOURS] = "Within %s h", [PHRASE_WITHIN_DAYS] = "Within %s days", [PHRASE_NIGHT] = "At night and on holidays",
		[PHRASE_CONSENT] = "Only if she agrees.", [PHRASE_DO_NOT] = "Do not", [PHRASE_IF_NOT] = "If this cannot be done: step %s",
		[PHRASE_BROKEN] = "Do not rely on this step", [PHRASE_INSTEAD] = "Instead", [PHRASE_GO_TO] = "Go to step %s",
		[PHRASE_NIGHT_LINE] = "Use its line for nights and holidays", [PHRASE_ASK] = "No step replaces it: ask who wrote this",
		[PHRASE_UNREVIEWED] = "translation not checked", [PHRASE_LAW] = "It rests on",
		[PHRASE_MEMBERS] = "For members of the network: do not hang up.", [PHRASE_WITHHELD] = "Something is withheld for safety.",
		[PHRASE_WHOLE_STALE] = "Ask before you rely on this sheet", [PHRASE_WORDS_UNREVIEWED] = "",
		[PHRASE_FRESH] = "somebody made sure of it", [PHRASE_DUE] = "it is soon to be checked again",
		[PHRASE_UNVERIFIED] = "nobody has made sure of it yet", [PHRASE_STALE] = "nobody has made sure of it for too long",
		[PHRASE_EXPIRED] = "its time is over", [PHRASE_PAUSED] = "it is closed for the time being",
		[PHRASE_CLOSED] = "it has closed", [PHRASE_FLAGGED] = "another member says that it is closed, has moved, or is wrong",
		[PHRASE_GONE] = "it was withdrawn, or is not known here" } },
	{ "sq", true, {
		[PHRASE_DANGER] = "Në rrezik telefononi", [PHRASE_NO_EMERGENCY] = "Këtu nuk dihet asnjë numër urgjence. Pyesni për të tani, para se të duhet.",
		[PHRASE_HOLDS_IN] = "Vlen në", [PHRASE_PRINTED] = "Shtypur më", [PHRASE_CHECK_BY] = "Të kontrollohet deri më",
		[PHRASE_REVIEWED] = "Shqyrtuar nga ekipi më", [PHRASE_STEP] = "Hapi %s", [PHRASE_WHO] = "Kush",
		[PHRASE_OF] = "Nga", [PHRASE_CALL] = "Telefononi", [PHRASE_CONTACT] = "Kërkoni",
		[PHRASE_WITHIN_HOURS] = "Brenda %s h", [PHRASE_WITHIN_DAYS] = "Brenda %s ditësh", [PHRASE_NIGHT] = "Natën dhe në ditë festash",
		[PHRASE_CONSENT] = "Vetëm nëse ajo pajtohet.", [PHRASE_DO_NOT] = "Mos", [PHRASE_IF_NOT] = "Nëse kjo nuk bëhet dot: hapi %s",
		[PHRASE_BROKEN] = "Mos u mbështetni te ky hap", [PHRASE_INSTEAD] = "Në vend të tij", [PHRASE_GO_TO] = "Kaloni te hapi %s",
		[PHRASE_NIGHT_LINE] = "Përdorni linjën e tij të natës dhe të festave", [PHRASE_ASK] = "Asnjë hap nuk e zëvendëson: pyesni kush e ka shkruar",
		[PHRASE_UNREVIEWED] = "përkthim i pakontrolluar", [PHRASE_LAW] = "Mbështetet në",
		[PHRASE_MEMBERS] = "Për anëtarët e rrjetit: mos e varni në mur.", [PHRASE_WITHHELD] = "Diçka nuk tregohet për arsye sigurie.",
		[PHRASE_WHOLE_STALE] = "Pyesni para se të mbështeteni te kjo fletë", [PHRASE_WORDS_UNREVIEWED] = "Fjalët shqip të kësaj flete nuk janë kontrolluar ende.",
		[PHRASE_FRESH] = "dikush e ka kontrolluar", [PHRASE_DUE] = "së shpejti duhet kontrolluar përsëri",
		[PHRASE_UNVERIFIED] = "askush nuk e ka kontrolluar ende", [PHRASE_STALE] = "askush nuk e ka kontrolluar prej shumë kohësh",
		[PHRASE_EXPIRED] = "i ka kaluar koha", [PHRASE_PAUSED] = "është mbyllur përkohësisht",
		[PHRASE_CLOSED] = "është mbyllur", [PHRASE_FLAGGED] = "një anëtar tjetër thotë se është mbyllur, ka ndërruar vend ose është gabim",
		[PHRASE_GONE] = "është tërhequr, ose nuk njihet këtu" } },
	{ "sr-Latn", true, {
		[PHRASE_DANGER] = "U opasnosti zovite", [PHRASE_NO_EMERGENCY] = "Ovde nije poznat nijedan broj za hitne slučajeve. Pitajte za njega sada, pre nego što zatreba.",
		[PHRASE_HOLDS_IN] = "Važi u", [PHRASE_PRINTED] = "Odštampano", [PHRASE_CHECK_BY] = "Proveriti do",
		[PHRASE_REVIEWED] = "Tim pregledao", [PHRASE_STEP] = "Korak %s", [PHRASE_WHO] = "Ko",
		[PHRASE_OF] = "Od", [PHRASE_CALL] = "Zovite", [PHRASE_CONTACT] = "Tražite",
		[PHRASE_WITHIN_HOURS] = "U roku od %s h", [PHRASE_WITHIN_DAYS] = "U roku od %s dana", [PHRASE_NIGHT] = "Noću i praznikom",
		[PHRASE_CONSENT] = "Samo ako ona pristane.", [PHRASE_DO_NOT] = "Ne činiti", [PHRASE_IF_NOT] = "Ako ovo nije moguće: korak %s",
		[PHRASE_BROKEN] = "Ne oslanjajte se na ovaj korak", [PHRASE_INSTEAD] = "Umesto toga", [PHRASE_GO_TO] = "Pređite na korak %s",
		[PHRASE_NIGHT_LINE] = "Koristite njegovu liniju za noć i praznike", [PHRASE_ASK] = "Nijedan korak ga ne zamenjuje: pitajte ko je ovo napisao",
		[PHRASE_UNREVIEWED] = "prevod nije proveren", [PHRASE_LAW] = "Zasniva se na",
		[PHRASE_MEMBERS] = "Za članice mreže: ne kačiti na zid.", [PHRASE_WITHHELD] = "Nešto nije navedeno radi bezbednosti.",
		[PHRASE_WHOLE_STALE] = "Pitajte pre nego što se oslonite na ovaj list", [PHRASE_WORDS_UNREVIEWED] = "Srpske reči ovog lista još niko nije proverio.",
		[PHRASE_FRESH] = "neko je proverio", [PHRASE_DUE] = "uskoro treba ponovo proveriti",
		[PHRASE_UNVERIFIED] = "još niko nije proverio", [PHRASE_STALE] = "predugo niko nije proverio",
		[PHRASE_EXPIRED] = "rok je istekao", [PHRASE_PAUSED] = "privremeno je zatvoreno",
		[PHRASE_CLOSED] = "zatvoreno je", [PHRASE_FLAGGED] = "druga članica kaže da je zatvoreno, preseljeno ili netačno",
		[PHRASE_GONE] = "povučeno je, ili ovde nije poznato" } },
	{ "sr-Cyrl", true, {
		[PHRASE_DANGER] = "У опасности зовите", [PHRASE_NO_EMERGENCY] = "Овде није познат ниједан број за хитне случајеве. Питајте за њега сада, пре него што затреба.",
		[PHRASE_HOLDS_IN] = "Важи у", [PHRASE_PRINTED] = "Одштампано", [PHRASE_CHECK_BY] = "Проверити до",
		[PHRASE_REVIEWED] = "Тим прегледао", [PHRASE_STEP] = "Корак %s", [PHRASE_WHO] = "Ко",
		[PHRASE_OF] = "Од", [PHRASE_CALL] = "Зовите", [PHRASE_CONTACT] = "Тражите",
		[PHRASE_WITHIN_HOURS] = "У року од %s h", [PHRASE_WITHIN_DAYS] = "У року од %s дана", [PHRASE_NIGHT] = "Ноћу и празником",
		[PHRASE_CONSENT] = "Само ако она пристане.", [PHRASE_DO_NOT] = "Не чинити", [PHRASE_IF_NOT] = "Ако ово није могуће: корак %s",
		[PHRASE_BROKEN] = "Не ослањајте се на овај корак", [PHRASE_INSTEAD] = "Уместо тога", [PHRASE_GO_TO] = "Пређите на корак %s",
		[PHRASE_NIGHT_LINE] = "Користите његову линију за ноћ и празнике", [PHRASE_ASK] = "Ниједан корак га не замењује: питајте ко је ово написао",
		[PHRASE_UNREVIEWED] = "превод није проверен", [PHRASE_LAW] = "Заснива се на",
		[PHRASE_MEMBERS] = "За чланице мреже: не качити на зид.", [PHRASE_WITHHELD] = "Нешто није наведено ради безбедности.",
		[PHRASE_WHOLE_STALE] = "Питајте пре него што се ослоните на овај лист", [PHRASE_WORDS_UNREVIEWED] = "Српске речи овог листа још нико није проверио.",
		[PHRASE_FRESH] = "неко је проверио", [PHRASE_DUE] = "ускоро треба поново проверити",
		[PHRASE_UNVERIFIED] = "још нико није проверио", [PHRASE_STALE] = "предуго нико није проверио",
		[PHRASE_EXPIRED] = "рок је истекао", [PHRASE_PAUSED] = "привремено је затворено",
		[PHRASE_CLOSED] = "затворено је", [PHRASE_FLAGGED] = "друга чланица каже да је затворено, пресељено или нетачно",
		[PHRASE_GONE] = "повучено је, или овде није познато" } },
	{ "mk", true, {
		[PHRASE_DANGER] = "Во опасност јавете се на", [PHRASE_NO_EMERGENCY] = "Тука не е познат ниту еден број за итни случаи. Прашајте за него сега, пред да затреба.",
		[PHRASE_HOLDS_IN] = "Важи во", [PHRASE_PRINTED] = "Отпечатено на", [PHRASE_CHECK_BY] = "Да се провери до",
		[PHRASE_REVIEWED] = "Тимот го прегледа на", [PHRASE_STEP] = "Чекор %s", [PHRASE_WHO] = "Кој",
		[PHRASE_OF] = "Од", [PHRASE_CALL] = "Јавете се на", [PHRASE_CONTACT] = "Побарајте",
		[PHRASE_WITHIN_HOURS] = "Во рок од %s h", [PHRASE_WITHIN_DAYS] = "Во рок од %s дена", [PHRASE_NIGHT] = "Ноќе и на празници",
		[PHRASE_CONSENT] = "Само ако таа се согласи.", [PHRASE_DO_NOT] = "Да не се прави", [PHRASE_IF_NOT] = "Ако ова не може: чекор %s",
		[PHRASE_BROKEN] = "Не потпирајте се на овој чекор", [PHRASE_INSTEAD] = "Наместо тоа", [PHRASE_GO_TO] = "Преминете на чекор %s",
		[PHRASE_NIGHT_LINE] = "Користете ја неговата линија за ноќ и празници", [PHRASE_ASK] = "Ниеден чекор не го заменува: прашајте кој го напишал ова",
		[PHRASE_UNREVIEWED] = "преводот не е проверен", [PHRASE_LAW] = "Се заснова на",
		[PHRASE_MEMBERS] = "За членките на мрежата: да не се закачува на ѕид.", [PHRASE_WITHHELD] = "Нешто не е наведено од безбедносни причини.",
		[PHRASE_WHOLE_STALE] = "Прашајте пред да се потпрете на овој лист", [PHRASE_WORDS_UNREVIEWED] = "Македонските зборови на овој лист никој уште не ги проверил.",
		[PHRASE_FRESH] = "некој го проверил", [PHRASE_DUE] = "наскоро треба пак да се провери",
		[PHRASE_UNVERIFIED] = "никој уште не го проверил", [PHRASE_STALE] = "предолго никој не го проверил",
		[PHRASE_EXPIRED] = "времето му поминало", [PHRASE_PAUSED] = "привремено е затворено",
		[PHRASE_CLOSED] = "затворено е", [PHRASE_FLAGGED] = "друга членка вели дека е затворено, преселено или неточно",
		[PHRASE_GONE] = "повлечено е, или тука не е познато" } },
};

bool
words_same_language(const char *a, const char *b)
{
	size_t len = strcspn(a, "-");

	return len == strcspn(b, "-") && strncasecmp(a, b, len) == 0;
}

const struct words *
words_for(const char *tag)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (strcasecmp(languages[i].tag, tag) == 0)
			return &languages[i];
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++)
		if (words_same_language(languages[i].tag, tag))
			return &languages[i];
	return &languages[0];
}

const struct words *
words_at(unsigned i)
{
	return i < sizeof languages / sizeof *languages ? &languages[i] : NULL;
}
