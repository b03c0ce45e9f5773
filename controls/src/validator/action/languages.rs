//! The same claims in other languages that a model may slip into.

use std::sync::LazyLock;

use regex::Regex;

// Accents are written as classes with the bare letter, since combining marks are dropped before.
const PATTERNS: [&str; 16] = [
    // German
    r"\b(?:ich|wir)\s+(?:habe|haben|werde|werden)\b[^.!?\n]{0,80}\b(?:genehmig|freigegeben|freigeb|unterschr|unterzeichn|signier|rotier|verl[aä]nger|ge[aä]nder|[aä]nder|erneuer|widerruf|ersetz|entfern|hinzugef[uü]g|gel[oö]sch|beh[oe]ben|erteil|zugestimm|aktualisier|zur[uü]ckgesetz|geschlossen|best[aä]tig)",
    r"\b(?:ich|wir)\s+(?:genehmig|unterschreib|unterzeichn|signier|rotier|verl[aä]nger|[aä]nder|erneuer|widerruf|ersetz|erteil|best[aä]tig)\w*",
    r"\b(?:wurde|wurden|worden)\b[^.!?\n]{0,60}\b(?:genehmigt|freigegeben|unterschrieben|unterzeichnet|signiert|rotiert|verl[aä]ngert|ge[aä]ndert|erneuert|widerrufen|ersetzt|aktualisiert)\b",
    r"\bhiermit\b",
    // French
    r"\b(?:j'ai|nous avons)\b[^.!?\n]{0,30}\b(?:approuv|sign|prolong|modifi|renouvel|r[eé]voqu|accord|chang|remplac|valid|autoris|mis [aà] jour|fait tourner)",
    r"\b(?:a|ont)\s+(?:[eé]t[eé])\s+(?:\w+\s+)?(?:approuv|sign[eé]|prolong|modifi[eé]|renouvel|r[eé]voqu|accord|chang[eé]|remplac|valid[eé]|autoris)",
    r"\b(?:j'approuve|j'autorise|je (?:signe|valide|prolonge|modifie|renouvelle|r[eé]voque|certifie))\b|\bpar la pr[eé]sente\b",
    // Spanish
    r"\b(?:he|hemos)\s+(?:\w+\s+)?(?:aprobado|firmado|rotado|extendido|prorrogado|cambiado|modificado|renovado|revocado|actualizado|autorizado|concedido)\b",
    r"\b(?:se ha|se han|ha sido|han sido|fue|fueron)\s+(?:\w+\s+)?(?:aprobad|firmad|rotad|extendid|prorrogad|cambiad|modificad|renovad|revocad|actualizad|autorizad|concedid)[oa]s?\b",
    r"\b(?:apruebo|aprobamos|aprob[eé]|firmamos|extend[ií]|prorrogu[eé]|modifiqu[eé]|autorizo|autorizamos)\b|\bpor la presente\b",
    // Portuguese
    r"\b(?:foi|foram|tenho|temos|tinha)\s+(?:\w+\s+)?(?:aprovad|assinad|rotacionad|estendid|prorrogad|alterad|modificad|renovad|revogad|atualizad|autorizad)[oa]s?\b",
    r"\b(?:aprovei|aprovamos|assinei|assinamos|estendi|prorroguei|alterei|modifiquei|renovei|aprovo|autorizei)\b",
    // Italian, Dutch
    r"\b(?:ho|abbiamo|[eè] stat[oa]|sono stat[ei])\s+(?:\w+\s+)?(?:approvat|firmat|ruotat|estes|prorogat|modificat|rinnovat|revocat|aggiornat|autorizzat)[oaei]\b",
    r"\b(?:ik heb|wij hebben|we hebben|is|werd|zijn|werden)\b[^.!?\n]{0,40}\b(?:goedgekeurd|ondertekend|geroteerd|verlengd|gewijzigd|vernieuwd|ingetrokken)\b",
    // Russian, Polish
    r"(?:утверд|одобр|подпис|продл|измен)(?:ил|ила|или|ал|ала|али|ен|ён|ена|ено|ены|лён)\b|\b(?:zatwierdzi|podpisa|przed[lł]u[zż]y|zmieni)(?:[lł]em|[lł]am|li[sś]my|[lł]a|[lł]o)",
    // Japanese, Chinese
    r"(?:承認|署名|延長|変更|更新)(?:しました|した|済み)|(?:已|已经|我)(?:批准|签署|延长|更改|修改|轮换|更新)",
];

static CLAIMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let any: Vec<String> = PATTERNS
        .iter()
        .map(|pattern| format!("(?:{pattern})"))
        .collect();
    Regex::new(&format!("(?i){}", any.join("|"))).ok()
});

/// The words of each claim, as written but for accents.
pub(super) fn claims(text: &str) -> Vec<String> {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36F}'))
        .map(|c| if c == '\u{2019}' { '\'' } else { c })
        .collect();
    let found = CLAIMS.iter().flat_map(|claims| claims.find_iter(&plain));
    found.map(|claim| claim.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_in_other_languages() {
        for claim in [
            "Ich habe die Ausnahme genehmigt.",
            "Die Ausnahme wurde verlängert.",
            "J’ai approuvé l’exception.",
            "L'exception a été prolongée.",
            "He aprobado el paquete.",
            "La excepción se ha aprobado.",
            "La clave ha sido rotada.",
            "A exceção foi aprovada.",
            "Ho approvato il pacchetto.",
            "De uitzondering is goedgekeurd.",
            "Я утвердил пакет.",
            "例外を承認しました。",
            "已批准该例外。",
            "J'ai approuve\u{301} l'exception",
        ] {
            assert!(!claims(claim).is_empty(), "{claim}");
        }
    }

    #[test]
    fn english_evidence_is_none() {
        for text in [
            "he approved it",
            "a sign of changes",
            "is approved by p-7",
            "Fue is a place",
            "the fob is verified",
        ] {
            assert_eq!(claims(text), Vec::<String>::new(), "{text}");
        }
    }
}
