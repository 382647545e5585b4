using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>Lists what an assembly defines, and what it references of others, as text that can be compared.</summary>
internal sealed class AssemblyReader : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly SignatureText _text = new();

    public AssemblyReader(Assembly assembly)
    {
        _file = new PEReader(File.OpenRead(assembly.Location));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>The identities this assembly asks for.</summary>
    public IEnumerable<AssemblyName> References()
        => _metadata.AssemblyReferences.Select(handle => _metadata.GetAssemblyReference(handle).GetAssemblyName());

    /// <summary>Types and members of the named assemblies that this one uses: "Assembly | what".</summary>
    public IEnumerable<string> Uses(IReadOnlySet<string> assemblies)
    {
        foreach (var handle in _metadata.TypeReferences)
        {
            if (Home(handle) is { } home && assemblies.Contains(home))
            {
                yield return $"{home} | {_text.GetTypeFromReference(_metadata, handle, 0)}";
            }
        }

        foreach (var handle in _metadata.MemberReferences)
        {
            var member = _metadata.GetMemberReference(handle);
            if (DeclaringType(member.Parent) is { } type && Home(type) is { } home && assemblies.Contains(home))
            {
                var name = _metadata.GetString(member.Name);
                var text = member.GetKind() == MemberReferenceKind.Method
                    ? SignatureText.Method(name, member.DecodeMethodSignature(_text, null))
                    : SignatureText.Field(name, member.DecodeFieldSignature(_text, null));
                yield return $"{home} | {_text.GetTypeFromReference(_metadata, type, 0)}::{text}";
            }
        }
    }

    /// <summary>Types and members this assembly defines and lets the named assembly use: "Assembly | what".</summary>
    public IEnumerable<string> Offers(string user)
    {
        var home = _metadata.GetString(_metadata.GetAssemblyDefinition().Name);
        var isFriend = Friends().Contains(user, StringComparer.Ordinal);
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var type = _metadata.GetTypeDefinition(handle);
            var typeName = _text.GetTypeFromDefinition(_metadata, handle, 0);
            var visibility = type.Attributes & TypeAttributes.VisibilityMask;
            if (!isFriend && visibility is TypeAttributes.NotPublic or TypeAttributes.NestedPrivate or TypeAttributes.NestedAssembly)
            {
                continue;
            }

            yield return $"{home} | {typeName}";
            foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition))
            {
                if (IsVisible((int)(method.Attributes & MethodAttributes.MemberAccessMask), isFriend))
                {
                    var text = SignatureText.Method(_metadata.GetString(method.Name), method.DecodeSignature(_text, null));
                    yield return $"{home} | {typeName}::{text}";
                }
            }

            foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition))
            {
                if (IsVisible((int)(field.Attributes & FieldAttributes.FieldAccessMask), isFriend))
                {
                    var text = SignatureText.Field(_metadata.GetString(field.Name), field.DecodeSignature(_text, null));
                    yield return $"{home} | {typeName}::{text}";
                }
            }
        }
    }

    public void Dispose() => _file.Dispose();

    // The numbers of method and field access are the same.
    private static bool IsVisible(int access, bool isFriend)
        => access >= (int)MethodAttributes.Family || (isFriend && access == (int)MethodAttributes.Assembly);

    private IEnumerable<string> Friends()
    {
        foreach (var handle in _metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = _metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind != HandleKind.MemberReference)
            {
                continue;
            }

            var type = _metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
            if (type.Kind == HandleKind.TypeReference
                && _text.GetTypeFromReference(_metadata, (TypeReferenceHandle)type, 0) == typeof(InternalsVisibleToAttribute).FullName)
            {
                var value = _metadata.GetBlobReader(attribute.Value);
                value.ReadUInt16();
                yield return value.ReadSerializedString()!.Split(',')[0];
            }
        }
    }

    private string? Home(TypeReferenceHandle handle)
    {
        var scope = _metadata.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => Home((TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => _metadata.GetString(_metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            _ => null,
        };
    }

    private TypeReferenceHandle? DeclaringType(EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference)
        {
            return (TypeReferenceHandle)parent;
        }

        if (parent.Kind != HandleKind.TypeSpecification)
        {
            return null;
        }

        // A generic instance: skip "instance of" and "class" or "value type", then the type itself stands there.
        var blob = _metadata.GetBlobReader(_metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        blob.ReadCompressedInteger();
        var type = blob.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)type : null;
    }
}
