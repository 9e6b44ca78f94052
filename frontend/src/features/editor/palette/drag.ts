/** What a dragged palette entry carries: the operator's name. */
export const OPERATOR_MIME = "application/x-netwright-operator";
