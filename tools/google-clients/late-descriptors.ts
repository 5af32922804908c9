/** The module that turns protos into gRPC's definitions of services and messages. */
export const MAKES_DESCRIPTORS = /@grpc[\\/]proto-loader[\\/]build[\\/]src[\\/]index\.js$/;

/** Its code, and the same with evaluation at first use. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  [
    "const descriptorList = root.toDescriptor('proto3').file;",
    "let buffers;\n    const bufferList = () => (buffers ??= root.toDescriptor('proto3').file.map(",
  ],
  [
    "const bufferList = descriptorList.map(value => Buffer.from(descriptor.FileDescriptorProto.encode(value).finish()));",
    "value => Buffer.from(descriptor.FileDescriptorProto.encode(value).finish())));",
  ],
  ["fileDescriptorProtos: fileDescriptors,", "get fileDescriptorProtos() { return fileDescriptors(); },"],
  ["const messageDescriptor = message.toDescriptor('proto3');", ""],
  [
    "type: messageDescriptor.$type.toObject(messageDescriptor, descriptorOptions),",
    "get type() { const made = message.toDescriptor('proto3'); return made.$type.toObject(made, descriptorOptions); },",
  ],
  ["const enumDescriptor = enumType.toDescriptor('proto3');", ""],
  [
    "type: enumDescriptor.$type.toObject(enumDescriptor, descriptorOptions),",
    "get type() { const made = enumType.toDescriptor('proto3'); return made.$type.toObject(made, descriptorOptions); },",
  ],
]);

/**
 * Makes the descriptors in gRPC's definitions lazy. Only servers with reflection need them, and creating them takes as
 * long as the rest of a client's start.
 *
 * @throws Error if the module creates them in another way.
 */
export function lateDescriptors(source: string): string {
  let late = source;
  for (const [code, lateCode] of REPLACED) {
    if (!late.includes(code)) throw new Error(`It makes descriptors without ${code} Check its new version.`);
    late = late.replaceAll(code, lateCode);
  }
  return late;
}
