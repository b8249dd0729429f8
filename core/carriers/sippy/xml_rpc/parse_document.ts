/**
 * Parses XML that a stranger sent, as far as XML-RPC needs it: elements and text, nothing else.
 *
 * Comes from: `core/carriers/sippy/xml_rpc/decode.ts`.
 *
 * @module
 */
import { parseXml, XmlDocumentType, XmlElement, XmlText } from "@rgrove/parse-xml";

/** Characters of a document that is looked at; a full page of payments has a tenth of it. */
export const DOCUMENT_CHARACTERS_MAX = 2 * 1024 * 1024;

/** An element: its elements, and its own text with CDATA and references resolved. */
export interface Element {
  /** As written, prefix included. */
  name: string;
  /** Inside it, in their order. */
  elements: Element[];
  /** Everything between the elements, in one piece. */
  text: string;
}

/** What {@link parseDocument} says; the reason quotes nothing of the document. */
export type DocumentOutcome =
  | { status: "parsed"; root: Element }
  | { status: "malformed"; reason: string };

/** Elements inside each other that are still followed. */
const DEPTH_MAX = 100;

/** The root element. Never throws, and refuses any document type, so that no entity can be defined. */
export function parseDocument(source: string): DocumentOutcome {
  if (source.length > DOCUMENT_CHARACTERS_MAX) return malformed("document too large");
  // Line ends are made one here, because the parser takes quadratic time over carriage returns.
  const text = source.trimStart().replace(/\r\n?/g, "\n");
  if (text === "") return malformed("empty document");
  try {
    const document = parseXml(text, { preserveDocumentType: true });
    if (document.children.some((child) => child instanceof XmlDocumentType)) {
      return malformed("document type not allowed");
    }
    const root = document.root && readElement(document.root, 1);
    return root ? { status: "parsed", root } : malformed("nested too deeply");
  } catch {
    // The parser's messages quote the document; and very deep nesting ends its stack.
    return malformed("not well-formed XML");
  }
}

function readElement(node: XmlElement, depth: number): Element | null {
  if (depth > DEPTH_MAX) return null;
  const element: Element = { name: node.name, elements: [], text: "" };
  for (const child of node.children) {
    if (child instanceof XmlText) element.text += child.text;
    if (!(child instanceof XmlElement)) continue;
    const inner = readElement(child, depth + 1);
    if (!inner) return null;
    element.elements.push(inner);
  }
  return element;
}

function malformed(reason: string): DocumentOutcome {
  return { status: "malformed", reason };
}
